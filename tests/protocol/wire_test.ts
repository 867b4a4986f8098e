// Bytes as libmilter and the MTAs write them, so that both of our sides cannot err alike.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commands, decode, type PacketSpec, replies } from "../../lib/protocol/codec.ts";
import { ProtocolError } from "../../lib/protocol/errors.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { encoded, join, packet } from "./support.ts";

const text = toBytes;

const CASES: [name: string, spec: PacketSpec, values: Record<string, unknown>, wire: Uint8Array][] = [
  [
    "optneg",
    commands.optneg,
    { version: 6, actions: 0x1ff, protocol: 0x1fffff },
    Uint8Array.of(0, 0, 0, 13, 0x4f, 0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff),
  ],
  ["macro", commands.macro, { command: 0x43, pairs: [text("j"), text("mx")] }, packet("D", "Cj\0mx\0")],
  [
    "connect",
    commands.connect,
    { hostname: text("h"), family: 0x34, port: 0x1234, address: text("192.0.2.1") },
    join(Uint8Array.of(0, 0, 0, 16, 0x43, 0x68, 0, 0x34, 0x12, 0x34), text("192.0.2.1\0")),
  ],
  [
    "connect from nowhere",
    commands.connect,
    { hostname: text("h"), family: 0x55, port: undefined, address: undefined },
    packet("C", "h\0U"),
  ],
  ["helo", commands.helo, { name: text("h") }, packet("H", "h\0")],
  ["mail", commands.mail, { address: text("<>"), args: [text("SIZE=1")] }, packet("M", "<>\0SIZE=1\0")],
  ["rcpt", commands.rcpt, { address: text("<b>"), args: [] }, packet("R", "<b>\0")],
  ["data", commands.data, {}, packet("T")],
  ["header", commands.header, { name: text("A"), value: text(" b") }, packet("L", "A\0 b\0")],
  ["eoh", commands.eoh, {}, packet("N")],
  ["body", commands.body, { chunk: text("x\r\n") }, packet("B", "x\r\n")],
  ["bodyeob", commands.bodyeob, { chunk: text("") }, packet("E")],
  ["unknown", commands.unknown, { command: text("FOO") }, packet("U", "FOO\0")],
  ["abort", commands.abort, {}, packet("A")],
  ["quit", commands.quit, {}, packet("Q")],
  ["quit-nc", commands.quitNc, {}, packet("K")],
  [
    "the answer to optneg",
    replies.optneg,
    { version: 6, actions: 0x101, protocol: 0, lists: [{ stage: 1, names: text("j {x}") }] },
    join(
      Uint8Array.of(0, 0, 0, 23, 0x4f, 0, 0, 0, 6, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1),
      text("j {x}\0"),
    ),
  ],
  ["continue", replies.continue, {}, packet("c")],
  ["accept", replies.accept, {}, packet("a")],
  ["reject", replies.reject, {}, packet("r")],
  ["tempfail", replies.tempfail, {}, packet("t")],
  ["discard", replies.discard, {}, packet("d")],
  ["skip", replies.skip, {}, packet("s")],
  ["reply", replies.replyCode, { text: text("550 no") }, packet("y", "550 no\0")],
  ["connection-fail", replies.connectionFail, {}, packet("f")],
  ["shutdown", replies.shutdown, {}, packet("4")],
  ["progress", replies.progress, {}, packet("p")],
  ["add-header", replies.addHeader, { name: text("A"), value: text("b") }, packet("h", "A\0b\0")],
  [
    "insert-header",
    replies.insertHeader,
    { index: 1, name: text("A"), value: text("b") },
    packet("i", "\0\0\0\x01A\0b\0"),
  ],
  [
    "change-header",
    replies.changeHeader,
    { index: 2, name: text("A"), value: text("") },
    packet("m", "\0\0\0\x02A\0\0"),
  ],
  ["add-rcpt", replies.addRcpt, { address: text("<b>") }, packet("+", "<b>\0")],
  [
    "add-rcpt-par",
    replies.addRcptPar,
    { address: text("<b>"), args: text("X=1") },
    packet("2", "<b>\0X=1\0"),
  ],
  ["delete-rcpt", replies.deleteRcpt, { address: text("<b>") }, packet("-", "<b>\0")],
  ["change-from", replies.changeFrom, { address: text("<a>"), args: undefined }, packet("e", "<a>\0")],
  ["replace-body", replies.replaceBody, { chunk: text("new") }, packet("b", "new")],
  ["quarantine", replies.quarantine, { reason: text("odd") }, packet("q", "odd\0")],
];

for (const [name, spec, values, wire] of CASES) {
  test(`${name} stands on the wire as the protocol says`, () => {
    assert.deepEqual([...encoded(spec, values as never)], [...wire]);
    assert.deepEqual(decode(spec, wire, 5, wire.length), values);
  });
}

test("no row is without a case", () => {
  const covered = new Set(CASES.map(([, spec]) => spec));
  for (const spec of [...Object.values(commands), ...Object.values(replies)]) {
    assert.ok(covered.has(spec as PacketSpec), spec.name);
  }
});

for (
  const [name, spec, payload] of [
    ["a header without its value", commands.header, "A\0"],
    ["a header whose value lacks its NUL", commands.header, "A\0b"],
    ["a HELO without NUL", commands.helo, "client"],
    ["an empty HELO packet", commands.helo, ""],
    ["a MAIL argument without NUL", commands.mail, "<>\0SIZE=1"],
    ["an OPTNEG that ends early", commands.optneg, "\0\0\0\x06\0\0\x01"],
    ["a CONNECT whose port is cut", commands.connect, "h\x004\x01"],
    ["a CONNECT without family", commands.connect, "h\0"],
    ["a macro list that is cut", replies.optneg, "\0\0\0\x06\0\0\0\0\0\0\0\0\0\0"],
    ["an inserted header whose index is cut", replies.insertHeader, "\0\0\x01"],
  ] as [string, PacketSpec, string][]
) {
  test(`${name} is malformed`, () => {
    // Behind the payload lies what would complete it: the next packet must not be read as part of this one.
    const bytes = join(toBytes(payload), new Uint8Array(32));
    assert.throws(
      () => decode(spec, bytes, 0, toBytes(payload).length),
      (error: ProtocolError) =>
        error instanceof ProtocolError && error.code === "packet-malformed" &&
        /^[^\n]+$/.test(error.message) &&
        error.value === `'${String.fromCharCode(spec.letter)}'`,
    );
  });
}

test("bytes behind the last field are passed over", () => {
  const bytes = toBytes("A\0b\0rest");
  assert.deepEqual(decode(commands.header, bytes, 0, bytes.length), { name: text("A"), value: text("b") });
});
