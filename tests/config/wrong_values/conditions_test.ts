// Wrong values of the conditions that every filter has.
import { MACHINE, one, type Row, SEVERAL, testValues } from "./support.ts";

/** Behind `--filter size-limit --max 1MB`, as conditions stand behind every filter. */
const CONDITIONS: Row[] = [
  one("only-result", "dmarc", "want a method and a result, such as dmarc=fail"),
  one("not-result", "DMARC=fail", "want a method and a result, such as dmarc=fail"),
  one("not-result", "dmarc=reject", "dmarc has the results pass, fail, none, temperror, permerror"),
  [[["not-result", "spf=fail"], ["only-result", "spf=fail"]], "--not-result spf=fail leaves nothing of it"],
  one(
    "only-sender",
    "*.example.org",
    "write .example.org for the domains below it, example.org for itself; * is not a wildcard here",
    ".example.org",
  ),
  one("only-sender", "*@example.org", "write example.org for every address of it", "example.org"),
  one("only-sender", "@example.org", "write example.org for every address of it", "EXAMPLE.org."),
  one(
    "only-sender",
    "/example/",
    "regular expressions are not supported here; want example.org, or .example.org for the domains below it",
  ),
  one("only-sender", "<a@example.org>", "write a@example.org", "a@example.org", '"a b"@example.org', "<>"),
  one("only-sender", "A <a@example.org>", "write a@example.org"),
  one("only-sender", "a.example, b.example", SEVERAL),
  one("not-sender", "a*@example.org", "* is not a wildcard here", "a+b@example.org"),
  one("not-sender", "joe@", "want example.org, .example.org, joe@example.org or <>", "localhost"),
  one("not-sender", "192.0.2.0/24", MACHINE, "[192.0.2.1]", "a@[IPv6:2001:db8::1]"),
  one("not-sender", " example.org", "it begins or ends with a space", "bücher.example"),
  one(
    "only-recipient",
    "<>",
    "a recipient always has an address; want example.org, .example.org or joe@example.org",
  ),
  one("not-recipient", "@.example.org", "write .example.org for the domains below it"),
  one(
    "only-client",
    "10.0.0.5/8",
    "10.0.0.5 is not the first address of a network of /8: write 10.0.0.0/8, or 10.0.0.5 for one address",
    "10.0.0.0/8",
    "10.0.0.5",
    "0.0.0.0/0",
  ),
  one(
    "not-client",
    "2001:db8::1/32",
    "2001:db8::1 is not the first address of a network of /32: write 2001:db8::/32, or 2001:db8::1 for one address",
    "2001:DB8:0::/32",
  ),
  one("not-client", "10.0.0.0/255.0.0.0", "write 10.0.0.0/8"),
  one("not-client", "[2001:db8::]/32", "write 2001:db8::/32, without brackets"),
  one("not-client", "10.0.0.0/8, 192.168.0.0/16", SEVERAL),
  one("not-client", "10.0.0.0/08", "want a network, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1"),
  one(
    "not-client",
    "::ffff:10.0.0.0/104",
    "write 10.0.0.0/8: an IPv4 address that came over IPv6 counts as IPv4",
  ),
  [
    [["not-client", "10.0.0.0/8"], ["only-client", "10.1.0.0/16"]],
    "--not-client 10.0.0.0/8 leaves nothing of it",
    [["only-client", "10.0.0.0/8"], ["not-client", "10.1.0.0/16"]],
  ],
  [
    [["not-sender", ".example.org"], ["only-sender", "joe@a.example.org"]],
    "--not-sender .example.org leaves nothing of it",
    [["only-sender", "example.org"], ["not-sender", ".example.org"]],
  ],
  [
    [["not-recipient", "A.example"], ["only-recipient", "a.example"]],
    "--not-recipient A.example leaves nothing of it",
  ],
  [[["not-listener", "inet:localhost:8891"]], "it leaves no listener for this filter"],
  one(
    "only-sender-address",
    "/^<>$/",
    "addresses have no < and > here; the null sender is empty: /^$/",
    "/^$/",
  ),
  one("not-recipient-address", "/@example\\.org>$/", "addresses have no < and > here", "/@example\\.org$/"),
  one(
    "only-header-line",
    "/a/g",
    "leave out the flag g: it matters only whether it matches, not how often",
  ),
  one(
    "only-client-name",
    "*.example.org",
    "write .example.org for the domains below it, example.org for itself; * is not a wildcard here",
    ".example.org",
    "/^mail/i",
  ),
  one("not-helo", "/(/", "there is no ) for this (, at character 1", "localhost", "/^local/i"),
  [
    [["only-helo", "localhost"], ["not-helo", "localhost"]],
    "with --only-helo localhost it leaves nothing",
    [["only-helo", "localhost"], ["not-helo", "localhost2"]],
  ],
  one("share", "101%", "want a share from 0% to 100%, such as 10%", "0%", "100%", "12.5%"),
  one("share", "0.1", "want a share from 0% to 100%, such as 10%"),
  one("timeout", "20s", "--callback-timeout 8s comes first; raise that, or lower this", "8s"),
  one("timeout", "8", "write 8s, or 8ms if you mean milliseconds", "8000ms"),
  one("on-error", "Reject", "want one of tempfail, reject, accept; did you mean reject?", "reject"),
];

testValues({ name: "size-limit", before: [["max", "1MB"]] }, CONDITIONS);
