// Wrong values of the options of greylist.
import { one, type Row, testValues } from "./support.ts";

const SUSPICIONS =
  "want one or several of no-ptr, dynamic-name, spf-none, spf-neutral, spf-softfail, spf-fail, spf-permerror, always";

/** Behind `--filter greylist`. */
const GREYLIST: Row[] = [
  one("when", "spf-none,no-rdns", SUSPICIONS, "spf-none,no-ptr", "spf-none, no-ptr", "always"),
  one("when", "spf-nonne", `${SUSPICIONS}; did you mean spf-none?`),
  one("when", "no-ptr,", SUSPICIONS),
  one("when", "no-ptr,no-ptr", "no-ptr is given twice"),
  [
    [["when", "spf-fail"], ["when", "spf-none,spf-fail"]],
    "spf-fail is given twice",
    [["when", "spf-fail"], ["when", "spf-none"]],
  ],
  one("when", "always,no-ptr", "always holds for all mail; leave the others out"),
  one("delay", "0s", "it must be at least 1s", "1s"),
  one("delay", "5", "write 5s, or 5ms if you mean milliseconds", "5m"),
  one("delay", "1d", "--delay 1d must be below --retry-within 1d, or no retry ever counts", "12h"),
  one("retry-within", "2m", "--delay 3m must be below --retry-within 2m, or no retry ever counts", "4m"),
  one("keep", "2y", "want a time, such as 8s, 500ms, 2m or 1d", "400d"),
  one("auto-whitelist", "-1", "want a whole number, such as 100", "0", "1"),
  one("ipv4-prefix", "33", "it must be at most 32", "32"),
  one("ipv6-prefix", "8", "it must be at least 16", "48"),
  one("exempt-domain", "joe@example.org", "write example.org", ".example.org", "example.org"),
  [
    [["when", "spf-none,spf-fail"], ["check-spf-pass"]],
    "it goes only with no-ptr, dynamic-name, always in --when",
    [["when", "spf-none,no-ptr"], ["check-spf-pass"]],
  ],
  [[["only-authenticated"]], "mail of authenticated senders is never put off", [["not-authenticated"]]],
  one(
    "only-client",
    "192.168.1.0/24",
    "clients of this machine and of private networks are never put off",
    "192.0.2.0/24",
    "0.0.0.0/0",
  ),
  [
    [["dns-records", "/dev/null"], ["dns-timeout", "2s"]],
    "with --dns-records no server is waited for",
    [["dns-records", "/dev/null"]],
  ],
];

testValues({ name: "greylist" }, GREYLIST);
