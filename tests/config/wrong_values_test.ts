// Option values that could never take effect, or are almost surely a mistake: what is said of each, as a flag and in a
// configuration file, and that the right spelling near it is taken.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { findCommand, invocationOf } from "../../cli/commands/find_command.ts";
import { COMMANDS } from "../../cli/commands/index.ts";
import { UsageError } from "../../cli/terminal/arguments.ts";
import { readConfiguration } from "../../cli/config/configuration.ts";
import { ConfigError } from "../../cli/config/problem.ts";
import { readCommand, readSetup } from "../../cli/config/serve_setup.ts";
import { KeysFolder, pemOf } from "../dkim_sign/key_files.ts";
import { at } from "../support/present.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-values-"));
const keys = new KeysFolder();
keys.write("example.org/s.pem", pemOf("ed25519"));
after(() => {
  rmSync(folder, { recursive: true });
  keys[Symbol.dispose]();
});

/** An option and its value; a flag has none. */
type Option = readonly [name: string, value?: string];
/** Options that are wrong, the name of the one that is told of, what is said of it, and what is right near it. */
type Row = readonly [wrong: readonly Option[], says: string, right?: readonly Option[]];

/** One option that is wrong by itself. */
function one(name: string, value: string, says: string, ...right: string[]): Row {
  return [[[name, value]], says, right.map((text) => [name, text] as const)];
}

const SEVERAL = "these are several values; give each one separately";
const MACHINE = "it is an IP address, not a mail address; use the options for clients";

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
  one("share", "101%", "want a share from 0% to 100%, such as 10%", "0%", "100%", "12.5%"),
  one("share", "0.1", "want a share from 0% to 100%, such as 10%"),
  one("timeout", "20s", "--callback-timeout 8s comes first; raise that, or lower this", "8s"),
  one("timeout", "8", "write 8s, or 8ms if you mean milliseconds", "8000ms"),
  one("on-error", "Reject", "want one of tempfail, reject, accept; did you mean reject?", "reject"),
];

const SIZE_LIMIT: Row[] = [
  one("max", "25", "write 25MB, or 25B if you mean bytes", "25B", "25MB", "25 MB", "1000"),
  one("max", "1.5", "write 1.5MB", "1.5MB"),
  one("max", "1.5B", "bytes must be a whole number"),
  one("max", "025MB", "write 25MB, without the 0 in front"),
  one("max", "10,000", "write 10000", "10000"),
  one("max", "0x1000", "want a size, such as 25MB, 64KiB or 1000"),
  one("max-headers", "010", "write 10, without the 0 in front", "10"),
  one("max-headers", "1,000", "write 1000"),
  one("max-headers", "20000", "--limit-header-fields 10000 comes first; raise that, or lower this", "10000"),
  one("max-header-bytes", "5MB", "--limit-header-size 2MiB comes first; raise that, or lower this", "2MiB"),
  one("max-recipients", "10001", "--limit-recipients 10000 comes first; raise that, or lower this"),
  [
    [["max", "1MB"], ["max-header-bytes", "1MB"]],
    "it must be below --max 1MB, which counts the header too",
    [["max", "1MB"], ["max-header-bytes", "999kB"]],
  ],
  [
    [["max", "1MB"], ["action", "mark"], ["mark-header", "X-Size:"]],
    '"X-Size:" is not a header name: write X-Size',
    [["max", "1MB"], ["action", "mark"], ["mark-header", "X-Size"]],
  ],
  [
    [["max", "1MB"], ["action", "mark"], ["mark-header", "X-*"]],
    "* is not a wildcard here; want the whole name of a header field",
  ],
];

const LIMIT = ["limit", "100/1h"] as const;
const NO_LIMIT = "want a count, a slash and a time, such as 100/1h or 100/1h burst 20";
const KEYS = "{login}, {sender}, {sender-domain}, {client}, {client-network}, {recipient}, {helo}";

const RATE_LIMIT: Row[] = [
  one(
    "limit",
    "100",
    "write 100/1h for an hour",
    "100/1h",
    "100 / 1h",
    "100/1h burst 20",
    "10/1s burst 1000",
  ),
  one("limit", "100/h", "write 100/1h"),
  one("limit", "100/minute", "write 100/1m"),
  one("limit", "100 per hour", NO_LIMIT),
  one("limit", "100/1h/2", NO_LIMIT),
  one("limit", "0/1h", "the count: it must be at least 1"),
  one("limit", "1,000/1h", "the count: write 1000", "1000/1h"),
  one("limit", "100/60", "the time: write 60s, or 60ms if you mean milliseconds", "100/60s"),
  one("limit", "100/100ms", "the time: it must be at least 1s"),
  one("limit", "100/400d", "the time: it must be at most 366d", "100/366d"),
  one("limit", "100/1h burst", "the time: want a time, such as 8s, 500ms, 2m or 1d"),
  one("limit", "100/1h burst 0", "the burst: it must be at least 1", "100/1h burst 1"),
  one(
    "limit",
    "1/1d burst 1000",
    "so large a burst would take more than a year to be there again; want a smaller one",
    "1/1d burst 366",
  ),
  [[["limit", "100/1h"], ["limit", "100/60m"]], same("100/1h"), [["limit", "100/1h"], ["limit", "500/1d"]]],
  [[["limit", "10/1h"], ["limit", "10/1m"]], same("10/1h"), [["limit", "10/1h"], ["limit", "5/1m"]]],
  [
    [["limit", "10/1h burst 5"], ["limit", "10/1h"]],
    same("10/1h burst 5"),
    [["limit", "10/1h burst 5"], ["limit", "9/1h"]],
  ],
  [
    [LIMIT, ["key", "{logn}"]],
    "there is no {logn}; did you mean {login}?",
    [LIMIT, ["key", "{login}"]],
  ],
  [[LIMIT, ["key", "{user}"]], `there is no {user}; there are ${KEYS}`],
  [[LIMIT, ["key", "{login"]], "it has a brace without its other half"],
  [
    [LIMIT, ["key", "{login}{client}"]],
    "put something between {login} and {client}, such as {login}/{client}",
    [LIMIT, ["key", "{login}/{client}"]],
  ],
  [[LIMIT, ["key", " all"]], "it begins or ends with a space", [LIMIT, ["key", "all mail"]]],
  [[LIMIT, ["key", "{login}"], ["by", "sender"]], "give either --by or --key"],
  [
    [LIMIT, ["by", "recipient"], ["count", "messages"]],
    "leave it out: with a recipient in the key, recipients are counted",
    [LIMIT, ["by", "recipient"]],
  ],
  [
    [LIMIT, ["by", "sender"], ["ipv4-prefix", "24"]],
    "it goes only with --by client, or {client-network} in --key",
    [LIMIT, ["by", "client"], ["ipv4-prefix", "24"]],
  ],
  [[LIMIT, ["by", "client"], ["ipv6-prefix", "129"]], "it must be at most 128"],
  [
    [LIMIT, ["mark-header", "X-A"]],
    "it goes only with --action mark",
    [LIMIT, ["action", "mark"], ["mark-header", "X-A"]],
  ],
  [
    [LIMIT, ["by", "client"], ["ipv4-prefix", "24"], ["exempt", "192.0.2.7/32"]],
    "it can never be a key: want one as {client-network} gives",
    [LIMIT, ["by", "client"], ["ipv4-prefix", "24"], ["exempt", "192.0.2.0/24"]],
  ],
  [
    [LIMIT, ["by", "sender-domain"], ["exempt", "joe@example.org"]],
    "it can never be a key: want one as {sender-domain} gives",
    [LIMIT, ["by", "sender-domain"], ["exempt", "Example.org."]],
  ],
  [[LIMIT, ["key", "all"], ["exempt", "none"]], "it can never be a key: want one as all gives"],
  [[LIMIT, ["notify-command", "true"]], "want the path of a program, beginning with /"],
  [
    [LIMIT, ["notify-command", "mail -s x root"]],
    "want the path of a program, beginning with /; its arguments go into --notify-arg",
  ],
  [
    [LIMIT, ["notify-command", "/bin/sh -c true"]],
    "there is no such program; if it has arguments, each goes into a --notify-arg",
    [LIMIT, ["notify-command", "/bin/sh"], ["notify-arg", "-c"], ["notify-arg", "true"]],
  ],
  [[LIMIT, ["notify-command", "/etc"]], "it is not a program"],
  [[LIMIT, ["notify-arg", "x"]], "it goes only with --notify-command"],
  [[LIMIT, ["notify-from", "a@example.org"]], "it goes only with --notify-mail"],
  [[LIMIT, ["notify-server", "inet:25@localhost"]], "it goes only with --notify-mail"],
  [
    [LIMIT, ["notify-mail", "Joe <joe@example.org>"]],
    "write joe@example.org",
    [LIMIT, ["notify-mail", "joe@example.org"]],
  ],
  [
    [LIMIT, ["notify-mail", "a@example.org, b@example.org"]],
    SEVERAL,
    [LIMIT, ["notify-mail", "root"], ["notify-mail", "b@example.org"]],
  ],
  [[LIMIT, ["notify-mail", "jörg@example.org"]], "want a mail address, such as postmaster@example.org"],
  [
    [LIMIT, ["notify-mail", "root"], ["notify-from", "<>"]],
    "want a mail address, such as postmaster@example.org",
  ],
  [[LIMIT, ["notify-every", "10s"]], "it must be at least 1m", [LIMIT, ["notify-every", "60s"]]],
];

function same(stricter: string): string {
  return `it can never take effect: whoever keeps to ${stricter} keeps to it, too`;
}

const HEADER_REWRITE: Row[] = [
  one(
    "add",
    "X-A: {clientaddr}",
    'there is no macro "{clientaddr}"; did you mean {client_addr}?',
    "X-A: {client_addr}",
  ),
  one(
    "add",
    "X-A: {auth_auhten}",
    'there is no macro "{auth_auhten}"; did you mean {auth_authen}?',
    "X-A: {our_own}",
  ),
  one(
    "insert",
    "X-A: {queue_id}",
    'there is no macro "{queue_id}"; did you mean {i}?',
    "X-A: {i} {if_addr} {v}",
  ),
  one("set", "X-A: {rcpt-to}", 'there is no macro "{rcpt-to}"; did you mean {rcpt_to}?', "X-A: {rcpt_to}"),
  one(
    "replace",
    "X-A /a/ {Mail_From}",
    'there is no macro "{Mail_From}"; did you mean {mail_from}?',
    "X-A /a/g b",
  ),
  one("remove", "Subject:", '"Subject:" is not a header name: write Subject', "Subject", "X-Spam*"),
  one("rename", "X-A X-A", "the new name is the old one", "x-a X-A"),
];

/** These stand before `--add "X-A: a"`. */
const REWRITE_CONDITIONS: Row[] = [
  one(
    "if-sender",
    "/a/g",
    "leave out the flag g: it matters only whether it matches, not how often",
    "/a/i",
  ),
  one("if-sender", "/a/y", "leave out the flag y; ^ stands for the beginning"),
  one(
    "if-sender",
    "/^(?!joe@)/",
    "(?!…) at character 2 looks ahead, which is not supported, so that the time that a text takes has a bound; match what is there in a group, or test it with an expression of its own",
  ),
  one(
    "if-sender",
    "/(.)\\1@/",
    "\\1 at character 4 refers back to what a group matched, for which no engine can bound the time that a text takes; write out the texts that can repeat",
  ),
  one("if-sender", "/(?i)joe@/", "write flags behind the last slash: /…/i, at character 1"),
  one("if-sender", "/[[:digit:]]+@/", "JavaScript has no [:digit:]; write \\d, at character 2"),
  one("if-sender", "/a{2000}@/", "{2000} at character 2 repeats more than 1000 times"),
  one("if-sender", "//", "an empty expression matches everything; want one such as /text/i"),
  one(
    "if-sender",
    "/^<>$/",
    "addresses have no < and > here; the null sender is empty: /^$/",
    "/^$/",
    "/^<?joe@example\\.org>?$/",
    "/^<{0,1}joe@/",
    "/^(?<who>[^@]+)@(?<where>.*)$/",
  ),
  one("unless-recipient", "/@example.org>$/", "addresses have no < and > here", "/@example.org$/"),
  one(
    "if-header",
    "Subject: /a/",
    '"Subject:" is not a header name: write Subject',
    "Subject /a/",
    "Subject //",
  ),
  one(
    "if-header",
    "Subject /a/g",
    "leave out the flag g: it matters only whether it matches, not how often",
  ),
  one(
    "if-client",
    "10.0.0.5/8",
    "10.0.0.5 is not the first address of a network of /8: write 10.0.0.0/8, or 10.0.0.5 for one address",
  ),
];

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

const KEY = "want DOMAIN:SELECTOR:FILE, such as example.org:2026:/etc/milterkit/2026.pem";
const RULE = "want PATTERN=DOMAIN/SELECTOR, such as example.org=example.org/2026, or PATTERN=none";
const MATCHES_LOGINS =
  "with --match-sender login only clients that log in are signed for, and they are anyway";
const GETS_LOGINS = "with --only-authenticated the filter gets no mail of clients that did not log in";

/** Behind `--filter dkim-sign --keys FOLDER`, where there is a key example.org/s. */
const DKIM_SIGN: Row[] = [
  one("key", "example.org:2026", KEY),
  one("key", "joe@example.org:2026:/x.pem", `"joe@example.org" is not a domain; ${KEY}`),
  one("key", "example.org:a b:/x.pem", `"a b" is not a selector; ${KEY}`),
  one("key", "example.org:s:/%.pem", "% in the file stands for the domain in From; write it as %:s:/%.pem"),
  one(
    "sign",
    "example.org",
    RULE,
    "example.org=example.org/s",
    ".example.org=example.org/s",
    "*=example.org/s",
  ),
  one("sign", "*@example.org=example.org/s", "write example.org for every address of it"),
  one(
    "sign",
    "joe@*example.org=example.org/s",
    "in a domain, * stands for whole labels, as in joe@*.example.org or joe@*",
    "joe@*.example.org=example.org/s",
    "joe@*=none",
  ),
  one("sign", "*@*=example.org/s", "write * for any author"),
  one("sign", "joe@*.*=example.org/s", "write joe@*"),
  one(
    "sign",
    "j* e@example.org=example.org/s",
    "want an address before =, in which * stands for any text",
    "j*e@example.org=example.org/s",
  ),
  [
    [["sign", "joe@*=example.org/s"], ["sign", "JOE@*=example.org/s"]],
    "joe@*=example.org/s before it matches all of it, and the first signs; name both keys in one rule, separated by a comma",
  ],
  one(
    "sign",
    "<>=example.org/s",
    "a recipient always has an address; want example.org, .example.org or joe@example.org",
  ),
  one("sign", "example.org=example.org/t", "there is no key example.org/t in --keys or --key"),
  [
    [["sign", "*=example.org/s"], ["sign", "example.net=example.org/s"]],
    "*=example.org/s before it matches all of it, and the first signs; put it first, or give --sign-all",
    [["sign", "*=example.org/s"], ["sign", "example.net=example.org/s"], ["sign-all"]],
  ],
  [[["sign-all"]], "it affects only --sign, and there is none"],
  [
    [["sign", "*=example.org/s"], ["subdomains"]],
    "with --sign the domain does not choose the key; write --sign .example.org=DOMAIN/SELECTOR",
    [["subdomains"]],
  ],
  one(
    "sign-client",
    "10.0.0.5/8",
    "10.0.0.5 is not the first address of a network of /8: write 10.0.0.0/8, or 10.0.0.5 for one address",
  ),
  one(
    "sign-macro",
    "daemon name",
    "want the name of a macro, or a name and a value such as daemon_name=ORIGINATING",
    "{daemon_name}=A",
    "daemon_name",
  ),
  one("match-sender", "both", "want one of login, envelope, either", "either"),
  [[["match-sender", "login"], ["sign-client", "10.0.0.0/8"]], MATCHES_LOGINS, [
    ["match-sender", "either"],
    ["sign-client", "10.0.0.0/8"],
  ]],
  [[["match-sender", "login"], ["sign-macro", "a"]], MATCHES_LOGINS],
  [[["only-authenticated"], ["sign-client", "10.0.0.0/8"]], GETS_LOGINS],
  [[["only-authenticated"], ["sign-macro", "a"]], GETS_LOGINS],
  [[["not-authenticated"]], "it leaves nothing to sign; name clients with --sign-client", [
    ["sign-client", "10.0.0.0/8"],
    ["not-authenticated"],
  ]],
  one("not-to", "<>", "a recipient always has an address; want example.org, .example.org or joe@example.org"),
  one("sender-header", "Sender:", '"Sender:" is not a header name: write Sender', "Sender"),
  one("headers", "Received", "it cannot be signed: every server on the way adds one", "X-Own"),
  one("oversign", "Bcc", "it cannot be signed: mail servers remove it", "Subject"),
  one(
    "canonicalization",
    "relaxed",
    "want one of relaxed/relaxed, relaxed/simple, simple/relaxed, simple/simple",
    "simple/simple",
  ),
  one("lifetime", "90500ms", "want whole seconds, like x=", "14d"),
  one("lifetime", "30s", "it must be at least 1m", "1m"),
  one("line-limit", "77", "it must be at least 78", "78", "2040"),
  one("on-missing-key", "discard", "want one of accept, tempfail, reject", "reject"),
];

/** Behind `--filter milter`. */
const MILTER: Row[] = [
  one("address", "inet:0@localhost", "nobody listens at port 0", "inet:1@localhost"),
  one("address", "fd:3", "want unix:/path, inet:port@host or inet6:port@host", "local:/run/x.sock"),
  [
    [["address", "inet:1@localhost"], ["timeout", "10s"]],
    "--callback-timeout 8s comes first; raise that, or lower this",
    [["address", "inet:1@localhost"], ["timeout", "8s"]],
  ],
  [
    [["address", "inet:1@localhost"], ["end-timeout", "5m"]],
    "--message-timeout 240s comes first; raise that, or lower this",
  ],
];

/** Before the first filter, with `--listen inet:8891@localhost` where there is none. */
const SERVE: Row[] = [
  one("listen", "inet:70000", "port 70000 is above 65535", "inet:7000@localhost"),
  one("listen", "inet:8891@*", "write inet:8891@0.0.0.0 for all", "inet:8891@0.0.0.0"),
  one(
    "listen",
    "unix:/run/",
    "the path must be that of a socket, as in unix:/run/milterkit.sock",
    "unix:/run/x",
  ),
  one(
    "listen",
    `unix:/${"x".repeat(107)}`,
    "the path is longer than 107 bytes, the most for a unix socket",
    `unix:/${"x".repeat(106)}`,
  ),
  one("log-level", "warn", "want one of debug, info, warning, error; did you mean warning?", "warning"),
  one("log-level", "INFO", "want one of debug, info, warning, error; did you mean info?"),
  one("log-level", "debgu", "want one of debug, info, warning, error; did you mean debug?"),
  one("spool-memory", "256", "write 256MB, or 256B if you mean bytes", "256B", "0"),
  one("spool-memory", "100MB", "--spool-total 64MiB comes first; raise that, or lower this", "64MiB"),
  one(
    "limit-connections-per-client",
    "10001",
    "--limit-connections 10000 comes first; raise that, or lower this",
  ),
  one("limit-recipients", "0", "it must be at least 1", "1"),
  one("stop-timeout", "0", "write 0s", "0s"),
  one("stop-timeout", "30", "write 30s, or 30ms if you mean milliseconds", "30ms"),
  one("stop-timeout", "0.5ms", "milliseconds must be a whole number", "0.5s"),
  one("callback-timeout", "11m", "it must be at most 10m", "10m"),
  one("workers", "0", "want a number from 1 to 256, or auto", "1", "auto"),
  one("workers", "04", "want a number from 1 to 256, or auto"),
  one("socket-mode", "660", "it applies to unix sockets, and no --listen is one"),
  [
    [["listen", "unix:/run/x"], ["socket-mode", "444"]],
    "nobody could connect, since that takes write permission; want for example 660",
    [["listen", "unix:/run/x"], ["socket-mode", "0600"]],
  ],
  [
    [["listen", "inet:8891@127.0.0.1"], ["metrics", "8891"]],
    "--listen inet:8891@127.0.0.1 uses that address; choose another",
    [["listen", "inet:8891@127.0.0.1"], ["metrics", "8892"]],
  ],
  one(
    "dns-server",
    "ns.example",
    'Cannot use "ns.example" as a name server: write an IP address, IPv4:PORT or [IPv6]:PORT',
    "127.0.0.1",
    "[::1]:53",
  ),
  [
    [["dns-server", "127.0.0.1"], ["dns-records", "/dev/null"]],
    "with it no server is asked; leave out --dns-server",
    [["dns-records", "/dev/null"]],
  ],
  [
    [["dns-records", "/dev/null"], ["dns-timeout", "2s"]],
    "with --dns-records no server is waited for",
    [["dns-server", "127.0.0.1"], ["dns-timeout", "2s"]],
  ],
  one(
    "state",
    "state.db",
    "did you mean ./state.db?",
    "memory",
    "/var/lib/milterkit/state.db",
    "redis://localhost",
  ),
  one("on-state-error", "reject", "want one of accept, tempfail", "accept", "tempfail"),
  one("state-timeout", "1m", "it must be at most 10s", "1ms", "200ms", "10s"),
  [
    [["state", "/var/lib/milterkit/state.db"], ["state-secret", "/dev/null"]],
    "keys are hashed only in a Valkey or Redis server; set --state redis://… with it",
    [["state", "redis://localhost"], ["state-secret", "/dev/null"]],
  ],
];

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

const SUSPICIONS =
  "want one or several of no-ptr, dynamic-name, spf-none, spf-neutral, spf-softfail, spf-fail, spf-permerror, always";

/** Behind `--filter greylist`. */
const GREYLIST: Row[] = [
  one("when", "spf-none,no-rdns", SUSPICIONS, "spf-none,no-ptr", "spf-none, no-ptr", "always"),
  one("when", "spf-nonne", `${SUSPICIONS}; did you mean spf-none?`),
  one("when", "no-ptr,", SUSPICIONS),
  one("when", "no-ptr,no-ptr", "no-ptr is there twice"),
  [
    [["when", "spf-fail"], ["when", "spf-none,spf-fail"]],
    "spf-fail is there twice",
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

/** A filter of a row: what stands before its options, and behind them. */
interface Filter {
  readonly name: string;
  readonly before?: readonly Option[];
  readonly behind?: readonly Option[];
}

const FILTERS: [filter: Filter | undefined, rows: readonly Row[]][] = [
  [undefined, SERVE],
  [{ name: "size-limit", before: [["max", "1MB"]] }, CONDITIONS],
  [{ name: "size-limit" }, SIZE_LIMIT],
  [{ name: "rate-limit" }, RATE_LIMIT],
  [{ name: "header-rewrite" }, HEADER_REWRITE],
  [{ name: "header-rewrite", behind: [["add", "X-A: a"]] }, REWRITE_CONDITIONS],
  [{ name: "dkim-check" }, DKIM_CHECK],
  [{ name: "dkim-sign", before: [["keys", keys.path]] }, DKIM_SIGN],
  [{ name: "authenticate" }, AUTHENTICATE],
  [{ name: "milter" }, MILTER],
  [{ name: "greylist" }, GREYLIST],
];

/** What of serve stands before the filters, and the filter's own options, for one row. */
function split(filter: Filter | undefined, options: readonly Option[]): [serve: Option[], filter: Option[]] {
  const serve = filter ? [] : [...options];
  if (!serve.some(([name]) => name === "listen")) serve.unshift(["listen", "inet:8891@localhost"]);
  return [
    serve,
    filter ? [...filter.before ?? [], ...options, ...filter.behind ?? []] : [["max", "1MB"]],
  ];
}

async function saidOfFlags(filter: Filter | undefined, options: readonly Option[]): Promise<string> {
  const flags = (given: readonly Option[]) =>
    given.flatMap(([name, value]) => value === undefined ? [`--${name}`] : [`--${name}`, value]);
  const [serve, own] = split(filter, options);
  const args = [...flags(serve), "--filter", filter?.name ?? "size-limit", ...flags(own)];
  try {
    const { listeners } = await readSetup(readCommand(args), () => {});
    assert.equal(listeners.length, 1);
    const { serverSettings } = await import("../../cli/config/listener_config.ts");
    serverSettings(at(listeners, 0));
    return "";
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
}

async function saidOfFile(filter: Filter | undefined, options: readonly Option[]): Promise<string[]> {
  const lines = (given: readonly Option[], names = [...new Set(given.map(([name]) => name))]) =>
    names.map((name) => {
      const values = given.filter((each) => each[0] === name).map(([, value]) => JSON.stringify(value));
      if (values[0] === undefined) return `${name} = true`;
      return `${name} = ${values.length > 1 ? `[${values.join(", ")}]` : values[0]}`;
    });
  const [serve, own] = split(filter, options);
  const path = join(folder, "m.toml");
  const text = [...lines(serve), "[[filter]]", `name = "${filter?.name ?? "size-limit"}"`, ...lines(own)];
  writeFileSync(path, `${text.join("\n")}\n`);
  try {
    await readConfiguration(path);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.replaceAll(`${folder}/`, "").split("\n");
  }
}

describe("what is said of", () => {
  for (const [filter, rows] of FILTERS) {
    const program = filter ? `milterkit serve --filter ${filter.name}` : "milterkit serve";
    for (const [wrong, says, right] of rows) {
      const [name, value = "true"] = at(wrong, -1);
      const quoted = JSON.stringify(value);
      {
        it(`${filter?.name ?? "serve"} --${name} ${quoted}`, async () => {
          const said = await saidOfFlags(filter, wrong);
          const flags = [
            `${program}: --${name}: ${quoted}: ${says}`,
            `${program}: Invalid --${name} ${quoted}: ${says}`,
          ];
          assert.ok(flags.includes(said), `${said}\nand not\n${flags.join("\n")}`);
          const [first = "", ...more] = await saidOfFile(filter, wrong);
          const place = /^m\.toml:\d+:\d+: /.exec(first)?.[0];
          assert.equal(first, `${place}invalid ${name} ${quoted}: ${says.replace(/--([a-z])/g, "$1")}`);
          assert.deepEqual(more, []);
        });
      }
      // Each of the values of one option, or all options together.
      const alone = wrong.length === 1 && at(wrong, 0).length === 2;
      const sets = !right ? [] : alone ? right.map((option) => [option]) : [right];
      for (const set of sets) {
        it(`${filter?.name ?? "serve"} ${JSON.stringify(set)}: nothing`, async () => {
          assert.equal(await saidOfFlags(filter, set), "");
          assert.deepEqual(await saidOfFile(filter, set), []);
        });
      }
    }
  }

  it("one address twice", async () => {
    const twice = [["listen", "inet:8891@localhost"], ["listen", "inet:localhost:8891"]] as const;
    assert.equal(
      await saidOfFlags(undefined, twice),
      'milterkit serve: Invalid --listen "inet:8891@localhost": it is given twice',
    );
    assert.deepEqual(await saidOfFile(undefined, twice), [
      "m.toml:1:34: inet:8891@localhost is already in use by another listen",
    ]);
    // The system chooses a port for each.
    const any = [["listen", "inet:0@localhost"], ["listen", "inet:0@localhost"]] as const;
    assert.equal(await saidOfFlags(undefined, any), "");
    assert.deepEqual(await saidOfFile(undefined, any), []);
  });

  it("a number without a unit in a file", async () => {
    const path = join(folder, "n.toml");
    writeFileSync(path, 'listen = "inet:1@localhost"\n[[filter]]\nname = "size-limit"\nmax = 25\n');
    await assert.rejects(readConfiguration(path), {
      message: `${path}:4:7: invalid max "25": write 25MB, or 25B if you mean bytes`,
    });
  });

  it("a condition on another listener's address", async () => {
    const path = join(folder, "l.toml");
    const listener = (port: number, condition: string) =>
      `[[listener]]\nlisten = "inet:${port}@localhost"\n[[listener.filter]]\nname = "size-limit"\nmax = "1MB"\n${condition}`;
    writeFileSync(path, listener(1, 'only-listener = "inet:2@localhost"\n') + listener(2, ""));
    await assert.rejects(readConfiguration(path), {
      message:
        `${path}:6:17: invalid only-listener "inet:2@localhost": this filter is not served there, but at inet:1@localhost`,
    });
    writeFileSync(path, listener(1, 'not-listener = "inet:2@localhost"\n') + listener(2, ""));
    await readConfiguration(path);
  });
});

/** Other commands, in which there is nothing to configure but their flags. */
const WRONG_VALUES_OF_COMMANDS: [command: string, args: string[], says: string][] = [
  [
    "bench",
    ["inet:0@localhost"],
    'milterkit bench: Invalid ADDRESS "inet:0@localhost": nobody listens at port 0',
  ],
  [
    "bench",
    ["inet:1@localhost", "--connections", "016"],
    'milterkit bench: Invalid --connections "016": write 16, without the 0 in front',
  ],
  [
    "bench",
    ["inet:1@localhost", "--time", "10"],
    'milterkit bench: Invalid --time "10": write 10s, or 10ms if you mean milliseconds',
  ],
  [
    "check",
    ["--milter", "inet:0@localhost"],
    'milterkit check: Invalid --milter "inet:0@localhost": nobody listens at port 0',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--rcpt", "a@example.org, b@example.org"],
    'milterkit check: Invalid --rcpt "a@example.org, b@example.org": give each address on its own',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--rcpt", "<>"],
    'milterkit check: Invalid --rcpt "<>": a recipient always has an address',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--from", "Joe <joe@example.org>"],
    'milterkit check: Invalid --from "Joe <joe@example.org>": want one address, such as joe@example.org',
  ],
  [
    "check",
    ["--milter", "inet:1@localhost", "--macro", "auth_athen=joe"],
    'milterkit check: Invalid --macro "auth_athen=joe": there is no macro auth_athen; did you mean auth_authen?',
  ],
  [
    "replay",
    ["x.trace", "--milter", "inet:1@localhost", "--ignore-header", "DKIM-Signature:"],
    'milterkit replay: Invalid --ignore-header "DKIM-Signature:": "DKIM-Signature:" is not a header name: write DKIM-Signature',
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:localhost:1"],
    "milterkit trace: --milter inet:1@localhost leads back to --listen inet:1@localhost: " +
    "each connection would go round endlessly. Give the address that the milter itself listens on",
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:2@localhost", "--quiet", "--json"],
    "milterkit trace: --quiet prints nothing, so leave --json out",
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:2@localhost", "--json", "--body", "5"],
    "milterkit trace: --json prints whole packets, so leave --body out",
  ],
  [
    "trace",
    ["--listen", "inet:1@localhost", "--milter", "inet:2@localhost", "--socket-mode", "600"],
    "milterkit trace: --socket-mode is for unix sockets, and --listen inet:1@localhost is none",
  ],
];

describe("another command says", () => {
  for (const [name, args, says] of WRONG_VALUES_OF_COMMANDS) {
    it(says, async () => {
      const entry = await findCommand(COMMANDS, name);
      const command = await entry.load();
      await assert.rejects(async () => await command.run(invocationOf(entry, args)), (error) => {
        assert.ok(error instanceof UsageError, String(error));
        assert.equal(error.message, says);
        return true;
      });
    });
  }
});
