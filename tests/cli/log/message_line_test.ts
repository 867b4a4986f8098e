// A message in one line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { messageLine } from "../../../cli/log/message_line.ts";
import type { MessageReport } from "../../../lib/filter/report.ts";

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
  filters: [{ filter: "f", milliseconds: 1.25 }],
  milliseconds: 2,
};

test("the verdict that decided a message is said once", () => {
  const line =
    "Q1: reject by f at eom; 550 5.7.1 No; from=<a@example.org> to=<b@example.net> client=192.0.2.1";
  assert.equal(messageLine(REPORT), `${line}; 2 ms (f 1.3)`);
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
