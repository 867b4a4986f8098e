import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Reply } from "../../lib/protocol/constants.ts";
import { ExchangeTracker, scopeOfPacket } from "../../lib/protocol/exchanges.ts";
import { toBytes } from "../../lib/protocol/text.ts";

const EMPTY = new Uint8Array(0);

/** Past negotiation, with these protocol bits. */
function tracker(protocol: number): ExchangeTracker {
  const made = new ExchangeTracker();
  assert.equal(made.mta(Command.OPTNEG, 0)?.event, "negotiate");
  const terms = new DataView(new ArrayBuffer(12));
  terms.setUint32(0, 6);
  terms.setUint32(8, protocol);
  const answer = made.milter(Reply.OPTNEG, new Uint8Array(terms.buffer));
  assert.equal(answer.to?.event, "negotiate");
  assert.equal(made.terms?.protocol, protocol);
  return made;
}

test("answers belong to the oldest event that wants one", () => {
  const made = tracker(0x80);
  assert.equal(made.mta(Command.MACRO, 1), undefined);
  assert.deepEqual(made.mta(Command.MAIL, 2), { event: "mail", asked: 2 });
  assert.deepEqual(made.mta(Command.RCPT, 3), { event: "rcpt", asked: 3 });
  assert.equal(made.milter(Reply.CONTINUE, EMPTY).to?.event, "mail");
  assert.equal(made.milter(Reply.CONTINUE, EMPTY).to?.event, "rcpt");
  assert.equal(made.mta(Command.HEADER, 4), undefined);
  assert.deepEqual(made.milter(Reply.CONTINUE, EMPTY), { to: undefined, last: true });
  assert.equal(made.open, 0);
});

test("changes and progress stand before the answer to end of message", () => {
  const made = tracker(0);
  made.mta(Command.BODYEOB, 5);
  for (const command of [Reply.PROGRESS, Reply.ADD_HEADER, Reply.REPLACE_BODY, Reply.QUARANTINE]) {
    const answer = made.milter(command, EMPTY);
    assert.equal(answer.to?.event, "eom");
    assert.equal(answer.last, false);
  }
  assert.equal(made.inMessage, true);
  assert.deepEqual(made.milter(Reply.CONTINUE, EMPTY), { to: { event: "eom", asked: 5 }, last: true });
  assert.equal(made.inMessage, false);
});

test("a message is under way from MAIL to its verdict, ABORT or QUIT", () => {
  const ends: [what: string, end: (made: ExchangeTracker) => void][] = [
    ["reject at MAIL", (made) => made.milter(Reply.REJECT, EMPTY)],
    ["ABORT", (made) => made.mta(Command.ABORT, 0)],
    ["QUIT", (made) => made.mta(Command.QUIT, 0)],
  ];
  for (const [what, end] of ends) {
    const made = tracker(0);
    made.mta(Command.HELO, 0);
    made.milter(Reply.CONTINUE, EMPTY);
    assert.equal(made.inMessage, false, what);
    made.mta(Command.MAIL, 0);
    assert.equal(made.inMessage, true, what);
    end(made);
    assert.equal(made.inMessage, false, what);
  }
  const made = tracker(0);
  made.mta(Command.RCPT, 0);
  made.milter(Reply.REJECT, EMPTY);
  assert.equal(made.inMessage, true, "a recipient alone is refused");
});

test("how far verdicts reach", () => {
  const scope = (event: Parameters<typeof scopeOfPacket>[0], command: number, text = "") =>
    scopeOfPacket(event, command, toBytes(text));
  assert.equal(scope("connect", Reply.REJECT), "connection");
  assert.equal(scope("helo", Reply.ACCEPT), "connection");
  assert.equal(scope("connect", Reply.DISCARD), "nothing");
  assert.equal(scope("mail", Reply.TEMPFAIL), "message");
  assert.equal(scope("rcpt", Reply.REPLY_CODE, "550 no\0"), "recipient");
  assert.equal(scope("rcpt", Reply.DISCARD), "message");
  assert.equal(scope("header", Reply.ACCEPT), "message");
  assert.equal(scope("body", Reply.SKIP), "nothing");
  assert.equal(scope("eom", Reply.REPLY_CODE, "421 bye\0"), "connection");
  assert.equal(scope("unknown", Reply.REJECT), "nothing");
  assert.equal(scope("negotiate", Reply.OPTNEG), "nothing");
  assert.equal(scope("negotiate", Reply.REJECT), "connection");
});
