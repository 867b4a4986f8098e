// A message in one line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { messageLine, messageProperties, refusalLine } from "../../../cli/log/message_line.ts";
import type { ConnectionReport, FilterNote, MessageReport } from "../../../lib/filter/report.ts";

const REPORT: MessageReport = {
  queueId: "Q1",
  client: "192.0.2.1",
  sender: "a@example.org",
  recipients: ["b@example.net"],
  outcome: "reject",
  reply: "550 5.7.1 No",
  filter: "f",
  event: "eom",
  notes: [{ filter: "f", event: "eom", verdict: "reject", reply: "550 5.7.1 No" }],
  labels: [],
  filters: [{ filter: "f", milliseconds: 1.25 }],
  milliseconds: 2,
};

test("the verdict that decided a message is said once", () => {
  const line =
    "Q1: reject by f at eom; 550 5.7.1 No; from=<a@example.org> to=<b@example.net> client=192.0.2.1";
  assert.equal(messageLine(REPORT), `${line}; 2 ms (f 1.3)`);
});

test("what else is known of a message stands between its client and its filters, quoted where it is not one word", () => {
  const report: MessageReport = {
    ...REPORT,
    helo: "my pc",
    listener: "inet:8891@127.0.0.1",
    login: "ann smith",
    tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
    messageId: "1@example.org",
    size: 1234,
    labels: ["virus", "rule 7"],
    results: [{ method: "dmarc", result: "pass" }, { method: "spf", result: "fail" }],
    notes: [...REPORT.notes, { filter: "authenticate", remark: "spf=fail mailfrom=example.org" }],
  };
  assert.equal(
    messageLine(report),
    "Q1: reject by f at eom; 550 5.7.1 No; from=<a@example.org> to=<b@example.net> client=192.0.2.1 " +
      'helo="my pc" login="ann smith" tls=TLSv1.3:TLS_AES_256_GCM_SHA384 message-id=<1@example.org> size=1234 ' +
      'dmarc=pass labels=virus,"rule 7"; authenticate: spf=fail mailfrom=example.org; 2 ms (f 1.3)',
  );
  assert.match(messageLine({ ...REPORT, tls: { version: "TLSv1.2" } }), / tls=TLSv1\.2;/);
});

test("no address, Message-ID or HELO looks like further fields", () => {
  const forged = `"a> to=<victim@x.example> client=6.6.6.6"@evil.example`;
  const escaped = String.raw`"a\x3e\x20to=\x3cvictim@x.example\x3e\x20client=6.6.6.6"@evil.example`;
  const note: FilterNote = {
    filter: "f",
    event: "rcpt",
    verdict: "tempfail",
    recipient: "c> <d\\x20@x.example",
  };
  const report: MessageReport = {
    ...REPORT,
    sender: forged,
    recipients: [forged, "b@example.net"],
    messageId: "1> size=1",
    helo: "x client=6.6.6.6",
    notes: [...REPORT.notes, note],
  };
  assert.equal(
    messageLine(report),
    `Q1: reject by f at eom; 550 5.7.1 No; from=<${escaped}> to=<${escaped}>,<b@example.net> client=192.0.2.1 ` +
      String.raw`helo="x client=6.6.6.6" message-id=<1\x3e\x20size=1>; ` +
      String.raw`f: tempfail <c\x3e\x20\x3cd\x5cx20@x.example>; 2 ms (f 1.3)`,
  );
  assert.equal(messageProperties(report).sender, forged);
  const refused: ConnectionReport = {
    client: "192.0.2.1",
    helo: 'x; "y',
    outcome: "reject",
    reply: "554 5.7.1 No",
    filter: "f",
    event: "helo",
  };
  assert.equal(
    refusalLine(refused),
    String.raw`client 192.0.2.1: reject by f at helo; 554 5.7.1 No; helo="x; \"y"`,
  );
});

test("what a dry run of a filter of the same name would have done is said beside it", () => {
  const notes = [{ filter: "f", event: "eom", verdict: "discard", dryRun: true } as const, ...REPORT.notes];
  assert.match(messageLine({ ...REPORT, notes }), /; f \(dry run\): discard; /);
  const refusal = {
    filter: "f",
    event: "rcpt",
    verdict: "tempfail",
    reply: "451 4.7.1 Later",
    recipient: "c",
  } as const;
  assert.match(messageLine({ ...REPORT, notes: [refusal] }), /; f: tempfail \(451 4\.7\.1 Later\) <c>; /);
});

test("results of authentication are in the properties, in short, and in the text unless a filter says them", () => {
  const property = (ptype: string, property: string, value: string) => ({ ptype, property, value });
  const notes = [{ filter: "authenticate", remark: "spf=pass mailfrom=example.org" }];
  const report: MessageReport = {
    ...REPORT,
    notes,
    results: [
      {
        method: "spf",
        result: "pass",
        properties: [
          property("smtp", "helo", "mail.example.org"),
          property("smtp", "mailfrom", "Ann@Example.ORG."),
        ],
      },
      { method: "spf", result: "none", properties: [property("smtp", "helo", "mail.example.org")] },
      {
        method: "dkim",
        result: "fail",
        comment: "2048-bit key",
        reason: "the body hash did not verify",
        properties: [
          property("header", "i", "ann@mail.example.com"),
          property("header", "d", "example.com"),
          property("header", "s", "S1"),
          property("header", "b", "abcdefgh"),
        ],
      },
      { method: "dkim", result: "pass", properties: [property("HEADER", "I", "@example.net")] },
      { method: "dmarc", result: "fail", properties: [property("header", "from", "example.org")] },
      { method: "iprev", result: "pass", properties: [property("policy", "iprev", "192.0.2.1")] },
    ],
  };
  assert.deepEqual(messageProperties(report).results, [
    { method: "spf", result: "pass", domain: "example.org" },
    { method: "spf", result: "none", domain: "mail.example.org" },
    {
      method: "dkim",
      result: "fail",
      domain: "example.com",
      selector: "S1",
      reason: "the body hash did not verify",
    },
    { method: "dkim", result: "pass", domain: "example.net" },
    { method: "dmarc", result: "fail", domain: "example.org" },
    { method: "iprev", result: "pass" },
  ]);
  assert.match(
    messageLine(report),
    / client=192\.0\.2\.1 spf=none dkim=fail\(example\.com\) dkim=pass\(example\.net\) dmarc=fail iprev=pass; authenticate: /,
  );
  assert.ok(!("results" in messageProperties(REPORT)));
});
