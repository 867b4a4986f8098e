import assert from "node:assert/strict";
import { test } from "node:test";
import { commands, decode } from "../../lib/protocol/codec.ts";
import { ProtocolError } from "../../lib/protocol/errors.ts";
import { MtaSession } from "../../lib/protocol/mta_session.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { join, letters, packet, text } from "./support.ts";

function answer(version: number, actions: number, protocol: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint32(0, version);
  view.setUint32(4, actions);
  view.setUint32(8, protocol);
  return packet("O", new Uint8Array(view.buffer));
}

/** An MTA's side past negotiation. */
function open(protocol = 0, offer: { version?: number } = {}): MtaSession {
  const mta = new MtaSession(offer);
  mta.negotiate();
  mta.receive(answer(offer.version ?? 6, 0, protocol));
  assert.equal(mta.next()?.type, "negotiated");
  mta.takeOutput();
  return mta;
}

function fails(mta: MtaSession, bytes: Uint8Array, code: string, value: string | number): void {
  mta.receive(bytes);
  assert.throws(
    () => mta.next(),
    (error: ProtocolError) => {
      assert.ok(error instanceof ProtocolError);
      assert.deepEqual([error.code, error.value], [code, value]);
      assert.match(error.message, /^[^\n]+$/);
      return true;
    },
  );
}

const awaiting = (send: (mta: MtaSession) => unknown, mta = open()): MtaSession => {
  send(mta);
  return mta;
};
const atMail = () => awaiting((mta) => mta.address("mail", "<>"));
const atEom = () => awaiting((mta) => mta.send("eom", commands.bodyeob, { chunk: new Uint8Array(0) }));

test("it offers version 6 with everything, or what it is told to", () => {
  for (
    const [offer, values] of [
      [{}, { version: 6, actions: 0x1ff, protocol: 0x1fffff }],
      [{ version: 2 }, { version: 2, actions: 0x1ff, protocol: 0x7f }],
      [{ actions: 1, protocol: 0 }, { version: 6, actions: 1, protocol: 0 }],
    ] as const
  ) {
    const mta = new MtaSession(offer);
    mta.negotiate();
    const bytes = mta.takeOutput();
    assert.deepEqual(decode(commands.optneg, bytes, 5, bytes.length), values);
  }
});

for (
  const [what, bytes, value] of [
    ["a version above the offer", answer(7, 0, 0), 7],
    ["version 1", answer(1, 0, 0), 1],
    ["an action that was not offered", answer(6, 0x200, 0), "0x200"],
    ["a protocol bit that was not offered", answer(6, 0, 0x80000000), "0x80000000"],
  ] as const
) {
  test(`a filter that answers ${what} is refused`, () => {
    const mta = new MtaSession();
    mta.negotiate();
    fails(mta, bytes, "negotiation-failed", value);
    assert.equal(mta.terms, undefined);
  });
}

test("events that the filter declined, or that its version lacks, are not sent", () => {
  const mta = open(0x2 | 0x200);
  assert.equal(mta.send("helo", commands.helo, { name: toBytes("h") }), false);
  assert.equal(mta.send("data", commands.data, {}), false);
  assert.equal(mta.takeOutput().length, 0);
  const old = open(0, { version: 2 });
  assert.equal(old.send("data", commands.data, {}), false);
  assert.equal(old.send("unknown", commands.unknown, { command: toBytes("FOO") }), false);
  assert.equal(old.takeOutput().length, 0);
  assert.equal(old.send("helo", commands.helo, { name: toBytes("h") }), true);
});

test("events whose answer was renounced go out one after the other", () => {
  const mta = open(0x4000 | 0x8000);
  assert.equal(mta.address("mail", "<>"), false);
  assert.equal(mta.address("rcpt", "<b>", ["NOTIFY=NEVER"]), false);
  assert.equal(mta.send("data", commands.data, {}), true);
  assert.equal(letters(mta.takeOutput()), "MRT");
});

test("an event is not sent before the one before it was answered", () => {
  const mta = atMail();
  assert.throws(() => mta.address("rcpt", "<b>"), /answer to mail/);
  mta.receive(packet("c"));
  assert.deepEqual(mta.next(), { type: "answer", answer: { verdict: "continue" } });
  assert.equal(mta.address("rcpt", "<b>"), true);
});

test("macros get braces where their names have several letters", () => {
  const mta = open();
  mta.macros("mail", { i: "Q1", mail_addr: "a", "{auth_type}": "PLAIN" });
  const bytes = mta.takeOutput();
  const { command, pairs } = decode(commands.macro, bytes, 5, bytes.length);
  assert.equal(command, 0x4d);
  assert.deepEqual(pairs.map(text), ["i", "Q1", "{mail_addr}", "a", "{auth_type}", "PLAIN"]);
});

test("a piece of body above 65535 bytes is not sent", () => {
  const mta = open();
  assert.throws(() => mta.body(new Uint8Array(65536)), RangeError);
  assert.equal(mta.body(new Uint8Array(65535)), true);
});

test("each verdict is read by its letter and ends the wait", () => {
  for (
    const [letter, answer] of Object.entries({
      c: { verdict: "continue" },
      a: { verdict: "accept" },
      r: { verdict: "reject" },
      t: { verdict: "tempfail" },
      d: { verdict: "discard" },
      f: { verdict: "tempfail", hangUp: "connection-fail" },
      "4": { verdict: "tempfail", hangUp: "shutdown" },
    })
  ) {
    const mta = atMail();
    mta.receive(packet(letter));
    assert.deepEqual(mta.next(), { type: "answer", answer });
    assert.equal(mta.awaiting, undefined);
  }
});

test("skip is taken at body and nowhere else", () => {
  const mta = awaiting((mta) => mta.body(toBytes("x")));
  mta.receive(packet("s"));
  assert.deepEqual(mta.next(), { type: "answer", answer: { verdict: "skip" } });
  fails(atMail(), packet("s"), "packet-unexpected", "'s'");
  fails(atEom(), packet("s"), "packet-unexpected", "'s'");
});

test("an answer where none is due is refused", () => {
  fails(open(), packet("c"), "packet-unexpected", "'c'");
  const mta = atMail();
  mta.abort();
  fails(mta, packet("c"), "packet-unexpected", "'c'");
});

test("a second negotiation, and a verdict in place of the first, are refused", () => {
  fails(atMail(), answer(6, 0, 0), "packet-unexpected", "'O'");
  const mta = new MtaSession();
  mta.negotiate();
  fails(mta, packet("c"), "packet-unexpected", "'c'");
});

test("progress is taken wherever an answer is due", () => {
  const mta = atMail();
  mta.receive(packet("p"));
  assert.deepEqual(mta.next(), { type: "progress" });
  mta.receive(packet("c"));
  assert.deepEqual(mta.next(), { type: "answer", answer: { verdict: "continue" } });
});

for (const letter of "him+2-ebq") {
  test(`'${letter}' is refused before end of message`, () => {
    fails(atMail(), packet(letter, "\0\0\0\x01a\0b\0"), "packet-unexpected", `'${letter}'`);
  });
}

test("the symbol list and unknown letters are refused at end of message", () => {
  fails(atEom(), packet("l", "\0\0\0\0j\0"), "packet-unknown", "'l'");
  fails(atEom(), packet("Z"), "packet-unknown", "'Z'");
});

test("a reply that is no SMTP reply is refused", () => {
  fails(atMail(), packet("y", "hello\0"), "packet-malformed", '"hello"');
  fails(atMail(), packet("y", "550 no"), "packet-malformed", "'y'");
});

test("changes at end of message are read, each with its fields", () => {
  const mta = atEom();
  mta.receive(join(
    packet("p"),
    packet("h", "A\0b\0"),
    packet("i", "\0\0\0\0A\0b\0"),
    packet("m", "\0\0\0\x02A\0\0"),
    packet("+", "<b>\0"),
    packet("2", "<b>\0X=1\0"),
    packet("-", "<c>\0"),
    packet("e", "<>\0"),
    packet("e", "<d>\0RET=HDRS\0"),
    packet("b", "new"),
    packet("q", "odd\0"),
    packet("y", "451 4.7.1 later\0"),
  ));
  const seen: unknown[] = [];
  while (mta.awaiting) {
    const reply = mta.next()!;
    seen.push(reply.type === "modification" ? reply.modification : reply);
  }
  const [name, value] = [toBytes("A"), toBytes("b")];
  assert.deepEqual(seen, [
    { type: "progress" },
    { type: "addHeader", name, value },
    { type: "insertHeader", index: 0, name, value },
    { type: "changeHeader", index: 2, name, value: toBytes("") },
    { type: "addRcpt", address: "<b>" },
    { type: "addRcpt", address: "<b>", args: "X=1" },
    { type: "deleteRcpt", address: "<c>" },
    { type: "changeFrom", address: "<>" },
    { type: "changeFrom", address: "<d>", args: "RET=HDRS" },
    { type: "replaceBody", chunk: toBytes("new") },
    { type: "quarantine", reason: "odd" },
    {
      type: "answer",
      answer: { verdict: "tempfail", reply: { code: 451, enhanced: "4.7.1", lines: ["later"] } },
    },
  ]);
});

test("QUIT and QUIT_NC and ABORT go out without an answer", () => {
  const mta = open();
  mta.abort();
  mta.quit(true);
  mta.quit();
  assert.equal(letters(mta.takeOutput()), "AKQ");
  assert.equal(mta.awaiting, undefined);
});
