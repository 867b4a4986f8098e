import assert from "node:assert/strict";
import { test } from "node:test";
import { type EventName, Reply } from "../../lib/protocol/constants.ts";
import { ANSWERED_EVENTS } from "../../lib/protocol/events.ts";
import { replies } from "../../lib/protocol/codec.ts";
import { ProtocolError } from "../../lib/protocol/errors.ts";
import { FilterSession } from "../../lib/protocol/filter_session.ts";
import { encodeReply } from "../../lib/protocol/reply.ts";
import { EVERYTHING, join, letters, negotiated, packet, steps } from "./support.ts";

const CONNECT = packet("C", "h\0U");
const HELO = packet("H", "h\0");
const MAIL = packet("M", "<>\0");
const RCPT = packet("R", "<b>\0");
const DATA = packet("T");
const HEADER = packet("L", "A\0b\0");
const EOH = packet("N");
const BODY = packet("B", "x");
const EOM = packet("E");
const ABORT = packet("A");
const QUIT = packet("Q");
const QUIT_NC = packet("K");
const UNKNOWN = packet("U", "FOO\0");
const PACKETS: Readonly<Record<EventName, Uint8Array>> = {
  connect: CONNECT,
  helo: HELO,
  mail: MAIL,
  rcpt: RCPT,
  data: DATA,
  header: HEADER,
  eoh: EOH,
  body: BODY,
  eom: EOM,
  abort: ABORT,
  unknown: UNKNOWN,
  close: QUIT,
};
const WHOLE: readonly EventName[] = ["mail", "rcpt", "data", "header", "eoh", "body", "eom"];

/** The packets of events, one after the other. */
const packetsOf = (events: readonly EventName[]) => join(...events.map((event) => PACKETS[event]));

/** A session that has seen a connection and part of a message. */
function at(...events: EventName[]): FilterSession {
  const session = negotiated();
  steps(session, join(CONNECT, HELO, packetsOf(events)));
  session.takeOutput();
  return session;
}

test("a whole session gives each event once, in order", () => {
  const session = negotiated();
  const message = join(MAIL, RCPT, RCPT, DATA, HEADER, HEADER, EOH, BODY, BODY, EOM);
  assert.deepEqual(
    steps(session, join(CONNECT, HELO, message, message, QUIT)).join(" "),
    "connect helo " + "mail rcpt rcpt data header header eoh body body eom ".repeat(2) + "close",
  );
  assert.equal(letters(session.takeOutput()), "c".repeat(22));
  assert.ok(session.ended);
});

test("an abort after a finished message is nothing, nor are two before QUIT", () => {
  const session = at();
  assert.deepEqual(steps(session, join(packetsOf(WHOLE), ABORT)), WHOLE);
  session.takeOutput();
  assert.deepEqual(steps(session, join(ABORT, ABORT, QUIT)), ["close"]);
  assert.equal(session.outputLength, 0);
});

for (let told = 1; told < WHOLE.length; told++) {
  test(`an abort after ${WHOLE[told - 1]} ends the message, without an answer`, () => {
    const session = at(...WHOLE.slice(0, told));
    assert.equal(session.messageOpen, true);
    assert.deepEqual(steps(session, ABORT), ["abort"]);
    assert.equal(session.wantsReply, false);
    assert.equal(session.messageOpen, false);
    assert.equal(session.outputLength, 0);
    assert.deepEqual(steps(session, join(ABORT, MAIL, RCPT)), ["mail", "rcpt"]);
  });
}

for (const event of ["rcpt", "data", "header", "eoh", "body", "eom"] as const) {
  test(`${event} without a message is answered with tempfail and never an event`, () => {
    for (const session of [negotiated(), at()]) {
      assert.deepEqual(steps(session, PACKETS[event], () => Reply.ACCEPT), []);
      assert.equal(letters(session.takeOutput()), "t");
      assert.equal(session.messageOpen, false);
    }
  });
}

for (
  const [event, ...told] of [
    ["rcpt", "mail", "rcpt", "data"],
    ["rcpt", "mail", "rcpt", "header"],
    ["data", "mail", "rcpt", "data"],
    ["data", "mail", "rcpt", "data", "header"],
    ["header", "mail", "rcpt", "data", "header", "eoh"],
    ["header", "mail", "rcpt", "data", "header", "eoh", "body"],
    ["eoh", "mail", "rcpt", "data", "header", "eoh"],
    ["eoh", "mail", "rcpt", "data", "header", "eoh", "body"],
  ] as const
) {
  test(`${event} after ${told.at(-1)} ends the message with an abort, then is answered with tempfail`, () => {
    const session = at(...told);
    assert.deepEqual(steps(session, PACKETS[event]), ["abort"]);
    assert.equal(letters(session.takeOutput()), "t");
    assert.deepEqual(steps(session, packetsOf(WHOLE)), WHOLE);
  });
}

for (const [again, events] of [["mail", ["abort", "mail"]], ["helo", ["abort", "helo"]]] as const) {
  test(`${again} inside a message makes an abort first, then its own event`, () => {
    const session = at("mail", "rcpt");
    session.receive(PACKETS[again]);
    assert.equal(session.next(), true);
    assert.equal(session.event, "abort");
    assert.equal(session.wantsReply, false);
    session.answer(Reply.CONTINUE);
    assert.equal(session.outputLength, 0);
    assert.equal(session.next(), true);
    assert.equal(session.event, events[1]);
    assert.equal(session.wantsReply, true);
    session.answer(Reply.CONTINUE);
    assert.equal(letters(session.takeOutput()), "c");
    assert.equal(session.messageOpen, again === "mail");
  });
}

test("HELO may come again, and before or after a message", () => {
  const session = at();
  assert.deepEqual(steps(session, join(HELO, HELO)), ["helo", "helo"]);
  const whole = packetsOf(WHOLE);
  assert.deepEqual(steps(session, join(whole, HELO, whole)), [...WHOLE, "helo", ...WHOLE]);
});

test("CONNECT again is no event before QUIT_NC, and is answered with continue", () => {
  const session = at();
  assert.deepEqual(steps(session, CONNECT), []);
  assert.equal(letters(session.takeOutput()), "c");
  assert.deepEqual(steps(session, join(QUIT_NC, CONNECT, HELO)), ["close", "connect", "helo"]);
  assert.equal(letters(session.takeOutput()), "cc");
  assert.deepEqual(steps(session, CONNECT), []);
});

test("CONNECT inside a message ends the message, and is no event of its own", () => {
  const session = at("mail");
  assert.deepEqual(steps(session, CONNECT), ["abort"]);
  assert.equal(letters(session.takeOutput()), "c");
});

test("QUIT_NC closes one connection and begins the next on the same terms, without an answer", () => {
  const session = at("mail", "rcpt");
  assert.deepEqual(steps(session, QUIT_NC), ["close"]);
  assert.equal(session.ended, false);
  assert.equal(session.messageOpen, false);
  assert.equal(session.outputLength, 0);
  assert.deepEqual(steps(session, join(ABORT, RCPT)), []);
});

test("nothing follows QUIT, even where bytes do", () => {
  const session = at();
  assert.deepEqual(steps(session, join(QUIT, HELO, MAIL)), ["close"]);
  assert.equal(session.outputLength, 0);
});

test("UNKNOWN is an event anywhere, and changes nothing", () => {
  const session = negotiated();
  const order = [CONNECT, HELO, MAIL, RCPT, DATA, HEADER, EOH, BODY, EOM];
  const seen = steps(session, join(UNKNOWN, ...order.flatMap((bytes) => [bytes, UNKNOWN])));
  assert.deepEqual(seen.filter((event) => event !== "unknown"), ["connect", "helo", ...WHOLE]);
  assert.equal(seen.filter((event) => event === "unknown").length, order.length + 1);
});

test("no verdict on UNKNOWN ends the message", () => {
  for (const verdict of [Reply.REJECT, Reply.TEMPFAIL, Reply.ACCEPT, Reply.DISCARD]) {
    const session = at("mail", "rcpt");
    assert.deepEqual(steps(session, UNKNOWN, () => verdict), ["unknown"]);
    assert.equal(session.messageOpen, true);
    assert.deepEqual(steps(session, join(RCPT, DATA)), ["rcpt", "data"]);
  }
});

for (const { name, nr } of ANSWERED_EVENTS) {
  if (nr === 0) continue;
  test(`${name} is not answered where that was agreed, whatever the filter says, and others are`, () => {
    for (const verdict of [Reply.CONTINUE, Reply.REJECT, Reply.ACCEPT] as const) {
      const session = negotiated(nr);
      const upTo = WHOLE.includes(name) ? WHOLE.slice(0, WHOLE.indexOf(name)) : [];
      steps(session, packetsOf(upTo));
      assert.equal(letters(session.takeOutput()), "c".repeat(upTo.length));
      session.receive(PACKETS[name]);
      session.next();
      assert.deepEqual([session.event, session.wantsReply], [name, false]);
      session.answer(verdict);
      session.answerReply(encodeReply({ code: 550, lines: ["no"] }));
      assert.equal(session.outputLength, 0);
      // What was not said did not end the message.
      assert.equal(session.messageOpen, WHOLE.includes(name));
    }
  });
}

test("an event out of sequence that is not answered gets no tempfail either", () => {
  const session = negotiated(0x80);
  assert.deepEqual(steps(session, HEADER), []);
  assert.equal(session.outputLength, 0);
});

const END: [event: EventName, verdicts: string][] = [
  ["mail", "artd"],
  ["rcpt", "ad"],
  ["data", "artd"],
  ["header", "artd"],
  ["eoh", "artd"],
  ["body", "artd"],
  ["eom", "cartd"],
];
for (const [event, ending] of END) {
  for (const verdict of "cartds") {
    if (verdict === "s" && event !== "body") continue;
    const ends = ending.includes(verdict);
    test(`'${verdict}' at ${event} ${ends ? "ends the message" : "does not end the message"}`, () => {
      const session = at(...WHOLE.slice(0, WHOLE.indexOf(event)));
      const code = verdict.charCodeAt(0) as typeof Reply.CONTINUE;
      assert.deepEqual(steps(session, PACKETS[event], () => code), [event]);
      assert.equal(letters(session.takeOutput()), verdict);
      assert.equal(session.messageOpen, !ends);
      // Afterwards an ABORT is an event only where there is something left to abort.
      assert.deepEqual(steps(session, ABORT), ends ? [] : ["abort"]);
    });
  }
}

for (
  const [code, event, ends] of [[550, "rcpt", false], [451, "rcpt", false], [550, "mail", true], [
    451,
    "eoh",
    true,
  ]] as const
) {
  test(`a reply of ${code} at ${event} ${ends ? "ends the message" : "concerns the recipient alone"}`, () => {
    const session = at(...WHOLE.slice(0, WHOLE.indexOf(event)));
    session.receive(PACKETS[event]);
    session.next();
    session.answerReply(encodeReply({ code, lines: ["no"] }));
    assert.equal(letters(session.takeOutput()), "y");
    assert.equal(session.messageOpen, !ends);
  });
}

test("recipients that were refused leave the others and the content", () => {
  const session = at("mail");
  let count = 0;
  const seen = steps(
    session,
    join(RCPT, RCPT, RCPT, DATA, HEADER, EOH, EOM),
    (event) => event === "rcpt" && ++count < 3 ? Reply.REJECT : Reply.CONTINUE,
  );
  assert.deepEqual(seen, ["rcpt", "rcpt", "rcpt", "data", "header", "eoh", "eom"]);
});

test("an event is answered once", () => {
  const session = at();
  session.receive(MAIL);
  session.next();
  session.answer(Reply.CONTINUE);
  session.answer(Reply.REJECT);
  session.answerReply(encodeReply({ code: 550, lines: ["no"] }));
  assert.equal(letters(session.takeOutput()), "c");
});

test("a body and stages may be left out, but none comes back", () => {
  for (
    const left of [["mail", "rcpt", "eom"], ["mail", "eoh", "eom"], ["mail", "body", "eom"], [
      "mail",
      "header",
      "body",
      "eom",
    ]] as const
  ) {
    const session = at();
    assert.deepEqual(steps(session, packetsOf(left)), left);
  }
});

test("changes can be sent at end of message only, and before its answer", () => {
  const session = at(...WHOLE.slice(0, -1));
  const act = () => session.act(replies.replaceBody, { chunk: new Uint8Array(1) });
  assert.throws(act, /not at end of message/);
  session.progress();
  assert.equal(session.outputLength, 0);
  session.receive(EOM);
  session.next();
  session.progress();
  act();
  session.answer(Reply.CONTINUE);
  assert.throws(act, /not at end of message/);
  session.progress();
  assert.equal(letters(session.takeOutput()), "pbc");
});

test("without MAIL events a message begins with the first event that there is", () => {
  const NO_MAIL = 0x4, NO_RCPT = 0x8, NO_DATA = 0x200;
  for (
    const [bits, first, others] of [
      [NO_MAIL, RCPT, [DATA, HEADER]],
      [NO_MAIL | NO_RCPT, DATA, [HEADER, BODY]],
    ] as const
  ) {
    const session = negotiated(bits);
    assert.equal(steps(session, join(CONNECT, HELO, first)).length, 3);
    assert.equal(session.messageOpen, true);
    assert.deepEqual(steps(session, ABORT), ["abort"]);
    session.takeOutput();
    assert.deepEqual(steps(session, join(...others.filter((_, i) => i > 0))), []);
    assert.equal(letters(session.takeOutput()), "t");
  }
  const session = negotiated(NO_MAIL | NO_RCPT | NO_DATA);
  assert.deepEqual(steps(session, join(HEADER, EOH, EOM, HEADER, EOM)), [
    "header",
    "eoh",
    "eom",
    "header",
    "eom",
  ]);
});

function throwsUnexpected(session: FilterSession, bytes: Uint8Array, code: string, value: string): void {
  session.receive(bytes);
  assert.throws(
    () => {
      while (session.next());
    },
    (error: ProtocolError) => {
      assert.ok(error instanceof ProtocolError);
      assert.deepEqual([error.code, error.value], [code, value]);
      assert.match(error.message, /^[^\n]+$/);
      return true;
    },
  );
}

for (const { name: event, command } of ANSWERED_EVENTS) {
  test(`${event} before negotiation is an error`, () => {
    throwsUnexpected(
      new FilterSession(),
      PACKETS[event],
      "packet-unexpected",
      `'${String.fromCharCode(command)}'`,
    );
  });
}

test("before negotiation QUIT ends the connection, ABORT is nothing and macros are taken", () => {
  const session = new FilterSession();
  assert.deepEqual(steps(session, join(packet("D", "Cj\0mx\0"), ABORT, QUIT)), ["close"]);
  assert.equal(session.outputLength, 0);
});

test("QUIT_NC before negotiation does not stand for it", () => {
  const session = new FilterSession();
  assert.deepEqual(steps(session, QUIT_NC), ["close"]);
  throwsUnexpected(session, CONNECT, "packet-unexpected", "'C'");
});

test("a second negotiation is an error", () => {
  throwsUnexpected(negotiated(), packet("O", new Uint8Array(12)), "packet-unexpected", "'O'");
});

for (
  const [letter, shown] of [["Z", "'Z'"], ["c", "'c'"], ["l", "'l'"], ["\0", "0x00"], [" ", "0x20"], [
    "\x7f",
    "0x7f",
  ]] as const
) {
  test(`the letter ${shown} is unknown`, () => {
    throwsUnexpected(negotiated(), packet(letter, "payload"), "packet-unknown", shown);
  });
}

test("a macro packet without a command letter is malformed", () => {
  throwsUnexpected(negotiated(), packet("D"), "packet-malformed", "'D'");
});

test("what was offered and agreed on can be looked up", () => {
  const session = negotiated(0x80);
  assert.deepEqual(session.offer, EVERYTHING);
  assert.equal(session.agreement?.protocol, 0x80);
});
