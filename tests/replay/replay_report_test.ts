import assert from "node:assert/strict";
import { test } from "node:test";
import { differenceLine, summaryLine, timingLines } from "../../cli/commands/replay/replay_report.ts";

const difference = {
  connection: 2,
  message: 3,
  queueId: "4F3\x1b[31m",
  event: "mail",
  subject: "MAIL <a@b>",
  about: "verdict",
  recorded: "continue",
  now: "reject 550 \u009bno",
} as const;

test("a difference in a line that no terminal obeys", () => {
  assert.equal(
    differenceLine(difference, false),
    "connection 2, message 3 (4F3\\x1b[31m), MAIL <a@b>: continue -> reject 550 \\x9bno",
  );
  assert.equal(
    differenceLine({ ...difference, now: null, leftOut: "message" }, false),
    "connection 2, message 3 (4F3\\x1b[31m), MAIL <a@b>: continue -> nothing; the rest of the message is not played",
  );
  const { connection, recorded } = difference;
  const terms = {
    connection,
    event: "negotiate",
    subject: "negotiation",
    about: "protocol",
    recorded,
    now: "x",
  };
  assert.equal(differenceLine(terms, false), "connection 2, negotiation, protocol: continue -> x");
  // deno-lint-ignore no-control-regex -- colours
  assert.match(differenceLine(terms, true), /: \x1b\[31mcontinue\x1b\[0m -> \x1b\[32mx\x1b\[0m$/);
});

test("what was played, in a line", () => {
  const counts = { connections: 1, messages: 2, events: 30, unplayed: [] };
  assert.equal(
    summaryLine({ ...counts, differences: 0 }),
    "equal: 1 connection, 2 messages, 30 events played",
  );
  assert.match(summaryLine({ ...counts, differences: 1 }), /^1 difference: /);
  assert.match(summaryLine({ ...counts, differences: 2 }), /^2 differences: /);
});

test("times in a table", () => {
  const [head = "", row = "", ...more] = timingLines([
    { event: "eom", answers: 3, recorded: { median: 1, longest: 20.5 }, now: { median: 0.5, longest: 2 } },
  ]);
  assert.match(head, /^answer to +number +recorded +longest +now +longest/);
  assert.match(row, /^eom +3 +1\.00 +20\.50 +0\.50 +2\.00$/);
  assert.equal(head.indexOf(" longest") + " longest".length, row.indexOf("20.50") + 5);
  assert.deepEqual(more, []);
});
