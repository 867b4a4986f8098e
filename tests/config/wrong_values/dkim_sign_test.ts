// Wrong values of the options of dkim-sign.
import { after } from "node:test";
import { KeysFolder, pemOf } from "../../dkim_sign/key_files.ts";
import { one, type Row, testValues } from "./support.ts";

const keys = new KeysFolder();
keys.write("example.org/s.pem", pemOf("ed25519"));
after(() => keys[Symbol.dispose]());

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

testValues({ name: "dkim-sign", before: [["keys", keys.path]] }, DKIM_SIGN);
