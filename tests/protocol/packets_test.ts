import assert from "node:assert/strict";
import { test } from "node:test";
import { commands, decode, type PacketSpec, replies } from "../../lib/protocol/codec.ts";
import { FrameDecoder } from "../../lib/protocol/frame_decoder.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { encoded, join, splits } from "./support.ts";
import { at } from "../support/present.ts";

const text = toBytes;
const EIGHT_BIT = Uint8Array.of(0x20, 0xff, 0x80, 0x0a, 0x09, 0xc3, 0xa4);

const COMMANDS: Record<keyof typeof commands, Record<string, unknown>[]> = {
  optneg: [
    { version: 6, actions: 0x1ff, protocol: 0x301fffff },
    { version: 0xffffffff, actions: 0x80000000, protocol: 0 },
  ],
  macro: [
    { command: 0x4d, pairs: [] },
    { command: 0x43, pairs: [text("j"), text("mx.example.net"), text("{daemon_name}"), text("")] },
    { command: 0x52, pairs: [text("i")] },
  ],
  connect: [
    { hostname: text("client.example"), family: 0x34, port: 65535, address: text("192.0.2.1") },
    { hostname: text("[::1]"), family: 0x36, port: 0, address: text("IPv6:::1") },
    { hostname: text("localhost"), family: 0x4c, port: 0, address: text("/run/client") },
    { hostname: text("unknown"), family: 0x55, port: undefined, address: undefined },
  ],
  helo: [{ name: text("client.example") }, { name: text("") }],
  mail: [
    { address: text("<>"), args: [] },
    { address: text("<a@example.org>"), args: [text("SIZE=1000"), text("BODY=8BITMIME"), text("")] },
  ],
  rcpt: [
    { address: text("<b@example.net>"), args: [] },
    { address: text("<ü@example.net>"), args: [text("NOTIFY=NEVER")] },
  ],
  data: [{}],
  header: [
    { name: text("Subject"), value: text(" folded\n\tvalue") },
    { name: text("X"), value: EIGHT_BIT },
    { name: text("Empty"), value: text("") },
  ],
  eoh: [{}],
  body: [{ chunk: Uint8Array.of(0, 0x0d, 0x0a, 0xff) }, { chunk: text("") }],
  bodyeob: [{ chunk: text("") }, { chunk: text("last\r\n") }],
  unknown: [{ command: text(" FOO bar baz") }, { command: text("") }],
  abort: [{}],
  quit: [{}],
  quitNc: [{}],
};

const REPLIES: Record<keyof typeof replies, Record<string, unknown>[]> = {
  optneg: [
    { version: 2, actions: 0, protocol: 0x7f, lists: [] },
    {
      version: 6,
      actions: 0x1ff,
      protocol: 0x1fffff,
      lists: [{ stage: 0, names: text("j {daemon_name}") }, { stage: 6, names: text("") }],
    },
  ],
  continue: [{}],
  accept: [{}],
  reject: [{}],
  tempfail: [{}],
  discard: [{}],
  skip: [{}],
  replyCode: [{ text: text("550-5.7.1 one\r\n550 5.7.1 two") }],
  connectionFail: [{}],
  shutdown: [{}],
  progress: [{}],
  addHeader: [{ name: text("X-Spam"), value: EIGHT_BIT }, { name: text("X"), value: text("") }],
  insertHeader: [{ index: 0, name: text("A"), value: text("b") }, {
    index: 0x7fffffff,
    name: text("A"),
    value: text(""),
  }],
  changeHeader: [{ index: 1, name: text("Subject"), value: text("other\n\tfolded") }, {
    index: 300,
    name: text("Subject"),
    value: text(""),
  }],
  addRcpt: [{ address: text("<c@example.net>") }],
  addRcptPar: [
    { address: text("<c@example.net>"), args: text("NOTIFY=NEVER") },
    { address: text("<c@example.net>"), args: undefined },
  ],
  deleteRcpt: [{ address: text("<b@example.net>") }],
  changeFrom: [
    { address: text("<>"), args: undefined },
    { address: text("<d@example.org>"), args: text("RET=HDRS ENVID=1") },
  ],
  replaceBody: [{ chunk: Uint8Array.from({ length: 300 }, (_, i) => i) }, { chunk: text("") }],
  quarantine: [{ reason: text("looks odd") }],
};

/** Reads every packet of a stream that arrives in pieces. */
function read(pieces: Uint8Array[], specs: PacketSpec[]): unknown[] {
  const decoder = new FrameDecoder();
  const values: unknown[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    while (decoder.next()) {
      const spec = at(specs, values.length);
      assert.equal(decoder.command, spec.letter);
      values.push(decode(spec, decoder.bytes, decoder.start, decoder.end));
    }
  }
  assert.equal(decoder.buffered, 0);
  return values;
}

function rowsTest(
  direction: string,
  table: Record<string, PacketSpec>,
  samples: Readonly<Record<string, Record<string, unknown>[]>>,
) {
  const rows = Object.entries(table).map(([name, spec]) => ({ name, spec, all: samples[name] ?? [] }));
  for (const { name, spec, all } of rows) {
    test(`${direction}: ${name} is read as it was written, wherever the stream is cut`, () => {
      assert.ok(all.length > 0);
      for (const values of all) {
        const bytes = encoded(spec, values as never);
        for (const pieces of splits(bytes)) assert.deepEqual(read(pieces, [spec]), [values]);
      }
    });
  }

  test(`${direction}: all packets in one stream are read as they were written, wherever it is cut`, () => {
    const specs: PacketSpec[] = [];
    const values: unknown[] = [];
    const packets: Uint8Array[] = [];
    for (const { spec, all } of rows) {
      for (const value of all) {
        specs.push(spec);
        values.push(value);
        packets.push(encoded(spec, value as never));
      }
    }
    for (const pieces of splits(join(...packets))) assert.deepEqual(read(pieces, specs), values);
  });
}

rowsTest("from the MTA", commands, COMMANDS);
rowsTest("from the filter", replies, REPLIES);

test("every row has a letter of its own in its direction", () => {
  for (const table of [commands, replies]) {
    const all = Object.values(table).map(({ letter }) => letter);
    assert.equal(new Set(all).size, all.length);
  }
});
