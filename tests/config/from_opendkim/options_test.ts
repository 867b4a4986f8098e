// Everything else of opendkim.conf that becomes an option.
import assert from "node:assert/strict";
import { test } from "node:test";
import { convert, ONE_KEY, optionOf } from "./support.ts";

const BOTH = `${ONE_KEY}Mode sv\n`;

/** Lines, the option, and its value; undefined if there is none. */
const OPTIONS:
  readonly (readonly [lines: string, option: string, value: string | undefined, note?: RegExp])[] = [
    ["", "canonicalization", '"simple/simple"'],
    ["Canonicalization relaxed", "canonicalization", '"relaxed/simple"'],
    ["Canonicalization simple/Relaxed", "canonicalization", '"simple/relaxed"'],
    ["", "headers", undefined],
    ["SignHeaders Subject,to", "headers", '["From", "Subject", "To"]'],
    [
      "SignHeaders Subject,Received,DKIM-Signature",
      "headers",
      '["From", "Subject"]',
      /never signs DKIM-Signature: signatures do not cover/,
    ],
    [
      "SignHeaders *,+x-foo,-Cc,Bar\nOmitHeaders *,+List-ID,+List-Help,+List-Subscribe,+List-Post,+List-Owner,+List-Archive,+References,+In-Reply-To,+Resent-From,+Resent-To,+Resent-Cc,+Resent-Date,+Resent-Sender",
      "headers",
      '["From", "Reply-To", "Subject", "Date", "To", "List-Unsubscribe", "X-Foo"]',
      /ignores Bar beside \*/,
    ],
    ["SignHeaders Comments,Subject\nOmitHeaders .", "headers", '["From", "Comments", "Subject"]'],
    ["OversignHeaders From,to", "oversign", '["From", "To"]'],
    ["SenderHeaders Sender", "sender-header", '["Sender", "From"]'],
    ["SenderHeaders resent-from,From,Sender", "sender-header", '["Resent-From", "From", "Sender"]'],
    [
      "DontSignMailTo A@Lists.example,lists.example",
      "not-to",
      '["a@lists.example"]',
      /never finds lists\.example/,
    ],
    ["SignatureTTL 86400", "lifetime", '"86400s"'],
    ["SignatureTTL 5", "lifetime", '"60s"', /lifetime is 60s to 3650d, not 5s/],
    ["SignatureTTL 0", "lifetime", undefined],
    ["On-SignatureError accept", "on-error", '"accept"'],
    ["On-SignatureError q", "on-error", undefined, /on-error has no quarantine/],
    ["MTA MSA, Submission", "sign-macro", '["daemon_name=MSA", "daemon_name=Submission"]'],
    [
      "MacroList x|y,daemon_name=A|B",
      "sign-macro",
      '["x|y", "daemon_name=A", "daemon_name=B"]',
      /OpenDKIM goes by the last/,
    ],
    ["PeerList 192.0.2.0/24", "not-client", '["192.0.2.0/24"]'],
    ["Socket local:/run/x.sock", "listen", '"unix:/run/x.sock"'],
    ["Socket /run/x.sock", "listen", '"unix:/run/x.sock"'],
    ["Socket inet:8891@[127.0.0.1]", "listen", '"inet:8891@127.0.0.1"'],
    ["Socket INET:8891", "listen", '"inet:8891@0.0.0.0"'],
    ["Socket inet6:8891", "listen", '"inet6:8891@::"'],
    ["# no Socket", "listen", '"unix:/run/opendkim/opendkim.sock"', /Socket is not set/],
    ["Socket /s\nUMask 007", "socket-mode", '"660"'],
    ["Socket /s\nUMask 2", "socket-mode", '"664"'],
    ["Socket /s\nUMask 0777", "socket-mode", undefined, /nobody could connect/],
    ["Socket inet:1@localhost\nUMask 007", "socket-mode", undefined],
    ["Socket /s\nUserID opendkim:root", "socket-group", '"root"', /runs as the user that starts it/],
    ["Socket /s\nUserID opendkim", "socket-group", undefined],
  ];
for (const [lines, option, value, note] of OPTIONS) {
  test(`${JSON.stringify(lines)} becomes ${option} = ${value}`, () => {
    const converted = convert(`${ONE_KEY}${lines}\n`);
    assert.equal(optionOf(converted, option), value);
    if (note) assert.match(converted.notes.join("\n"), note);
  });
}

const CHECKING: typeof OPTIONS = [
  ["On-BadSignature reject", "on-fail", '"reject"'],
  ["On-Default d", "on-none", '"discard"'],
  ["On-Default reject\nOn-KeyNotFound quarantine", "on-no-key", '"quarantine"'],
  ["On-DNSError accept", "on-dns-error", '"accept"'],
  ["On-InternalError accept", "on-error", '"accept"'],
  ["MinimumKeyBits 2048", "min-key-bits", '"2048"'],
  ["MinimumKeyBits 0", "min-key-bits", undefined, /min-key-bits is \d+ to \d+, not 0/],
  ["MaximumSignaturesToVerify 5", "max-signatures", '"5"'],
  ["ClockDrift 60", "clock-drift", '"60s"'],
  ["KeepAuthResults yes", "strip", '"none"'],
  ["AuthservID mx.example.org", "authserv-id", '"mx.example.org"'],
  ["AuthservID HOSTNAME", "authserv-id", undefined, /by default the id is the MTA's own name/],
  ["Nameservers 192.0.2.1, 192.0.2.2", "dns-server", '["192.0.2.1", "192.0.2.2"]'],
  ["DNSTimeout 10", "dns-timeout", '"10s"'],
  ["DNSTimeout 0", "dns-timeout", undefined, /dns-timeout is at most 60s/],
  ["ExemptDomains A.example", "exempt-domain", '["a.example"]'],
];
for (const [lines, option, value, note] of CHECKING) {
  test(`${JSON.stringify(lines)} becomes ${option} = ${value} where signatures are checked`, () => {
    const converted = convert(`${BOTH}${lines}\n`);
    assert.equal(optionOf(converted, option), value);
    if (note) assert.match(converted.notes.join("\n"), note);
  });
}

test("what is signed is not checked", () => {
  const both = convert(`${BOTH}InternalHosts 192.0.2.0/24\nPeerList 198.51.100.1\n`).text ?? "";
  const [, check = "", sign = ""] = both.split("[[filter]]");
  assert.match(
    check,
    /^\nname = "dkim-check"\nnot-authenticated = true\nnot-client = \["192.0.2.0\/24", "198.51.100.1"\]/,
  );
  assert.match(sign, /^\nname = "dkim-sign"\nnot-client = \["198.51.100.1"\]/);
  const verifies = convert("Mode v\nInternalHosts 192.0.2.0/24\n").text ?? "";
  assert.doesNotMatch(verifies, /not-|dkim-sign/);
  const everybody = convert(`${BOTH}InternalHosts 0.0.0.0/0\n`);
  assert.doesNotMatch((everybody.text ?? "").split('"dkim-sign"')[0] ?? "", /not-client/);
  assert.match(everybody.notes.join("\n"), /everybody is internal, so that dkim-check checks all mail/);
});

test("a note is also a comment of the configuration, without anything that would end one", () => {
  const { text = "" } = convert(`${ONE_KEY}LogWhy yes\nDontSignMailTo a\x1b[0mb\n`);
  assert.match(
    text,
    /^# - FOLDER\/opendkim\.conf:5: LogWhy: the message's log line always says why\n# {3}it was not signed$/m,
  );
  assert.match(text, /OpenDKIM never finds\s#?\s*a\\x1b\[0mb:/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f]/);
});
