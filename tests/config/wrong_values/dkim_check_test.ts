// Wrong values of the options of dkim-check.
import { one, type Row, testValues } from "./support.ts";

/** What is said of conditions under which nothing is checked. */
const OR_STRIP = "; to only remove forged results, add --strip";

const DKIM_CHECK: Row[] = [
  one("authserv-id", "mx example", "want a host name, such as mx.example.org", "mx.example.org"),
  one(
    "exempt-domain",
    "*.example.org",
    "write .example.org for the domains below it, example.org for itself; * is not a wildcard here",
    ".example.org",
  ),
  one("exempt-domain", "joe@example.org", "write example.org", "example.org"),
  one("clock-drift", "500ms", "want whole seconds, like t= and x=", "0s", "2m"),
  one("max-header-bytes", "4MB", "--limit-header-size 2MiB comes first; raise that, or lower this", "2MB"),
  [
    [["dns-records", "/dev/null"], ["dns-timeout", "2s"]],
    "with --dns-records no server is waited for",
    [["dns-records", "/dev/null"]],
  ],
  [
    [["on-dns-error", "accept"], ["require-from-domain"]],
    "it affects only --on-fail, --on-none, --on-no-key, --on-dns-error, and all of them are accept",
    [["on-fail", "reject"], ["require-from-domain"]],
  ],
  [
    [["only-authenticated"]],
    `messages of authenticated senders are not checked without --check-authenticated${OR_STRIP}`,
    [["check-authenticated"], ["only-authenticated"]],
  ],
  [
    [["strip", "none"], ["only-authenticated"]],
    `messages of authenticated senders are not checked without --check-authenticated${OR_STRIP}`,
    [["strip", "all"], ["only-authenticated"]],
  ],
  [[["not-authenticated"], ["check-authenticated"]], "with --not-authenticated the filter gets none of them"],
  [
    [["trust", "10.0.0.0/8"], ["only-client", "10.1.0.0/16"]],
    `with --trust 10.0.0.0/8 none of it is checked${OR_STRIP}`,
    [["trust", "10.0.0.0/8"], ["strip", "ours"], ["only-client", "10.1.0.0/16"]],
  ],
  [
    [["trust", "10.0.0.0/8"], ["trust", "192.0.2.0/24"], ["only-client", "10.1.0.0/16"]],
    `with --trust 10.0.0.0/8 none of it is checked${OR_STRIP}`,
    [["trust", "10.0.0.0/8"], ["only-client", "10.1.0.0/16"], ["only-client", "192.0.2.0/24"]],
  ],
];

testValues({ name: "dkim-check" }, DKIM_CHECK);
