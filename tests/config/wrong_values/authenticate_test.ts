// Wrong values of the options of authenticate.
import { one, type Row, testValues } from "./support.ts";

const TRUSTED = "want an id and a network, such as border.example.org@192.0.2.0/24, or an id alone";

/** Behind `--filter authenticate`. */
const AUTHENTICATE: Row[] = [
  one("authserv-id", "mx example.org", "want a host name, such as mx.example.org", "mx.example.org"),
  one("trust-results", "border example@192.0.2.1", TRUSTED, "border.example@192.0.2.1", "border.example"),
  one("trust-results", "@192.0.2.1", TRUSTED),
  one(
    "trust-results",
    "border.example@192.0.2.1/24",
    "192.0.2.1 is not the first address of a network of /24: write 192.0.2.0/24, or 192.0.2.1 for one address",
  ),
  one("lookup-timeout", "5m", "it must be at most 4m", "20s", "4m"),
  one("on-spf-fail", "quarantine", "want one of accept, reject, tempfail", "tempfail"),
  one("on-dmarc-fail", "tempfail", "want one of accept, policy, quarantine, reject", "policy"),
  one(
    "exempt-dmarc",
    "/dev/null",
    "with --on-dmarc-fail and --on-dmarc-error accept nobody needs an exemption",
  ),
];

testValues({ name: "authenticate" }, AUTHENTICATE);
