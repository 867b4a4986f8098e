import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Reply } from "../../lib/protocol/constants.ts";
import { ANSWERED_EVENTS } from "../../lib/protocol/events.ts";
import {
  answerScope,
  eventsWhere,
  hangUpOf,
  isAllowed,
  VERDICT_LETTERS,
  type VerdictKind,
  verdictOf,
  verdictScope,
} from "../../lib/protocol/verdict_scope.ts";

const KINDS: readonly VerdictKind[] = ["continue", "accept", "reject", "tempfail", "discard", "skip"];
const EVENTS = ["negotiate", ...ANSWERED_EVENTS.map(({ name }) => name)] as const;

// Of libmilter's api.html, "Return Values"; `-` nothing, `r` this recipient, `m` this message, `c` this connection,
// `!` not allowed.
const EXPECTED = [
  "          continue accept reject tempfail discard skip",
  "negotiate -        !      c      !        !       !",
  "connect   -        c      c      c        !       !",
  "helo      -        c      c      c        !       !",
  "mail      -        m      m      m        m       !",
  "rcpt      -        m      r      r        m       !",
  "data      -        m      m      m        m       !",
  "header    -        m      m      m        m       !",
  "eoh       -        m      m      m        m       !",
  "body      -        m      m      m        m       -",
  "eom       m        m      m      m        m       !",
  "unknown   -        !      -      -        !       !",
];

const SIGNS = { nothing: "-", recipient: "r", message: "m", connection: "c", "not allowed": "!" } as const;

test("every verdict at every event reaches as far as libmilter says", () => {
  const rows = EVENTS.map((event) =>
    event.padEnd(10) +
    KINDS.map((kind) => SIGNS[verdictScope(event, kind)].padEnd(kind.length)).join(" ").trimEnd()
  );
  assert.deepEqual([" ".repeat(10) + KINDS.join(" "), ...rows], EXPECTED);
});

test("a verdict is allowed but where the table says otherwise", () => {
  const forbidden = ANSWERED_EVENTS.filter(({ name }) => !isAllowed(name, "discard")).map(({ name }) => name);
  assert.deepEqual(forbidden, ["connect", "helo", "unknown"]);
});

test("the events at which a verdict reaches so far are found as bits", () => {
  for (const kind of KINDS) {
    for (const scope of Object.keys(SIGNS) as (keyof typeof SIGNS)[]) {
      const bits = eventsWhere(kind, scope);
      for (const { name, bit } of ANSWERED_EVENTS) {
        assert.equal((bits & bit) !== 0, verdictScope(name, kind) === scope, `${kind} at ${name}`);
      }
    }
  }
});

test("every answer has a verdict, and no other packet has one", () => {
  for (const kind of KINDS) assert.equal(verdictOf(VERDICT_LETTERS[kind]), kind);
  assert.equal(verdictOf(Reply.REPLY_CODE, 550), "reject");
  assert.equal(verdictOf(Reply.REPLY_CODE, 450), "tempfail");
  assert.equal(verdictOf(Reply.SHUTDOWN), "tempfail");
  assert.equal(verdictOf(Reply.CONNECTION_FAIL), "tempfail");
  assert.equal(verdictOf(Reply.PROGRESS), undefined);
  assert.equal(verdictOf(Command.QUIT), undefined);
});

test("a hang-up is known by its letter", () => {
  assert.equal(hangUpOf(Reply.SHUTDOWN), "shutdown");
  assert.equal(hangUpOf(Reply.CONNECTION_FAIL), "connection-fail");
  for (const kind of KINDS) assert.equal(hangUpOf(VERDICT_LETTERS[kind]), undefined);
});

test("an MTA closes the connection at 421, and goes on at most of what no filter may answer", () => {
  for (const event of EVENTS) {
    assert.equal(answerScope(event, "tempfail", 421, undefined), "connection", event);
    assert.equal(answerScope(event, "tempfail", undefined, "shutdown"), "connection", event);
    assert.equal(answerScope(event, "tempfail", undefined, "connection-fail"), "connection", event);
  }
  assert.equal(answerScope("negotiate", "accept", undefined, undefined), "connection");
  assert.equal(answerScope("rcpt", "reject", 550, undefined), "recipient");
  assert.equal(answerScope("data", "tempfail", 450, undefined), "message");
  assert.equal(answerScope("connect", "discard", undefined, undefined), "nothing");
  assert.equal(answerScope("unknown", "accept", undefined, undefined), "nothing");
});
