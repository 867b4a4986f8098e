import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MAX_DATA,
  MAX_DATA_1M,
  MAX_DATA_256K,
  maxDataOf,
  ProtocolFlag,
} from "../../lib/protocol/constants.ts";
import { ProtocolError } from "../../lib/protocol/errors.ts";
import { FrameDecoder } from "../../lib/protocol/frame_decoder.ts";
import { FrameWriter } from "../../lib/protocol/frame_writer.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { join, packet, splits } from "./support.ts";

function fails(pieces: Uint8Array[], code: string, value: unknown, maxData = MAX_DATA): void {
  const decoder = new FrameDecoder();
  decoder.maxData = maxData;
  assert.throws(
    () => {
      for (const piece of pieces) {
        decoder.push(piece);
        while (decoder.next());
      }
    },
    (error: ProtocolError) => {
      assert.ok(error instanceof ProtocolError);
      assert.equal(error.code, code);
      assert.equal(error.value, value);
      assert.match(error.message, /^Malformed packet[^\n]+$/);
      return true;
    },
  );
}

const length = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

test("a length of 0 is an error, wherever the stream is cut", () => {
  for (const pieces of splits(join(packet("H", "x\0"), length(0)))) fails(pieces, "packet-empty", 0);
});

test("a length above the limit is an error as soon as its four bytes are there", () => {
  for (const pieces of splits(length(MAX_DATA + 2))) fails(pieces, "packet-too-long", MAX_DATA + 2);
  for (const pieces of splits(length(0xffffffff))) fails(pieces, "packet-too-long", 0xffffffff);
});

test("a packet that is too long is refused before any of it is kept", () => {
  const decoder = new FrameDecoder();
  decoder.push(join(length(0x7fffffff), toBytes("B")));
  assert.throws(() => decoder.next(), ProtocolError);
  assert.ok(decoder.buffered <= 5);
});

test("a packet of the longest length is read", () => {
  const payload = new Uint8Array(MAX_DATA).fill(0x78);
  const bytes = packet("B", payload);
  for (const cut of [0, 1, 3, 4, 5, 6, 65535, bytes.length - 1, bytes.length]) {
    const decoder = new FrameDecoder();
    decoder.push(bytes.slice(0, cut));
    assert.equal(decoder.next(), cut === bytes.length);
    if (cut === bytes.length) continue;
    decoder.push(bytes.slice(cut));
    assert.equal(decoder.next(), true);
    assert.deepEqual(decoder.bytes.subarray(decoder.start, decoder.end), payload);
  }
});

for (
  const [flag, limit] of [[0, 65535], [ProtocolFlag.MAX_DATA_256K, 262143], [
    ProtocolFlag.MAX_DATA_1M,
    1048575,
  ], [
    ProtocolFlag.MAX_DATA_256K | ProtocolFlag.MAX_DATA_1M,
    1048575,
  ]] as const
) {
  test(`protocol bits 0x${flag.toString(16)} allow ${limit} bytes of payload and no more`, () => {
    assert.equal(maxDataOf(flag), limit);
    const decoder = new FrameDecoder();
    decoder.maxData = maxDataOf(flag);
    decoder.push(packet("B", new Uint8Array(limit)));
    assert.equal(decoder.next(), true);
    assert.equal(decoder.end - decoder.start, limit);
    fails([length(limit + 2)], "packet-too-long", limit + 2, maxDataOf(flag));
  });
}

test("the limits are those of libmilter", () => {
  assert.deepEqual([MAX_DATA, MAX_DATA_256K, MAX_DATA_1M], [65535, 262143, 1048575]);
});

for (
  const [what, bytes, value] of [
    ["an HTTP request", toBytes("GET / HTTP/1.1\r\n\r\n"), 0x47455420],
    ["a TLS hello", Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1), 0x16030102],
    ["an SMTP greeting", toBytes("EHLO there\r\n"), 0x45484c4f],
    ["an SSH banner", toBytes("SSH-2.0-OpenSSH\r\n"), 0x5353482d],
  ] as [string, Uint8Array, number][]
) {
  test(`${what} is no packet`, () => {
    for (const pieces of splits(bytes)) fails(pieces, "packet-too-long", value);
  });
}

test("the message of a packet that is too long says of which kind it is, and its length", () => {
  const decoder = new FrameDecoder();
  decoder.push(join(length(70000), toBytes("L")));
  assert.throws(() => decoder.next(), /'L'.*70000.*65536/);
});

test("bytes that come while packets wait are kept behind them", () => {
  const decoder = new FrameDecoder();
  const stream = join(packet("T"), packet("H", "one\0"), packet("M", "<>\0"));
  decoder.push(stream.slice(0, 12));
  assert.equal(decoder.next(), true);
  assert.equal(decoder.buffered, 7);
  decoder.push(stream.slice(12, 15));
  decoder.push(stream.slice(15));
  assert.equal(decoder.buffered, stream.length - 5);
  const seen: number[] = [];
  while (decoder.next()) seen.push(decoder.command);
  assert.deepEqual(seen, [0x48, 0x4d]);
  assert.equal(decoder.buffered, 0);
});

test("a packet that waits is found once it is whole, wherever the stream is cut", () => {
  const before = join(packet("R", "<b>\0"), packet("D", "E"), packet("B", "E\0\0\0"));
  const stream = join(packet("M", "<a>\0"), before, packet("E", "x"), packet("A"));
  const whole = packet("M", "<a>\0").length + before.length + packet("E", "x").length;
  for (let at = packet("M", "<a>\0").length; at <= stream.length; at++) {
    const decoder = new FrameDecoder();
    decoder.push(stream.slice(0, at));
    decoder.next();
    assert.equal(decoder.holds(0x45), at >= whole, `${at} bytes`);
    decoder.push(stream.slice(at));
    assert.equal(decoder.holds(0x45), true);
    assert.equal(decoder.holds(0x4d), false, "the packet at hand waits no more");
    while (decoder.next());
    assert.equal(decoder.holds(0x45), false);
  }
});

test("a packet that waits behind one that is handed on in pieces is found", () => {
  const decoder = new FrameDecoder();
  decoder.inPieces = 0x42;
  const body = packet("B", "E".repeat(10_000));
  decoder.push(body.slice(0, 5000));
  assert.equal(decoder.next(), true);
  assert.equal(decoder.holds(0x45), false);
  decoder.push(join(body.slice(5000), packet("E")));
  assert.equal(decoder.holds(0x45), true);
  while (decoder.next() && decoder.command === 0x42);
  assert.equal(decoder.command, 0x45);
});

test("nothing is found in what is no packet", () => {
  const decoder = new FrameDecoder();
  decoder.push(join(packet("R", "<b>\0"), length(0), packet("E")));
  decoder.next();
  assert.equal(decoder.holds(0x45), false);
});

test("a packet that lies whole in what was pushed is not copied", () => {
  const decoder = new FrameDecoder();
  const bytes = packet("B", "body");
  decoder.push(bytes);
  decoder.next();
  assert.equal(decoder.bytes, bytes);
});

test("a writer gives out its packets once and is empty afterwards", () => {
  const writer = new FrameWriter();
  writer.empty(0x63);
  writer.begin(0x62);
  writer.raw(new Uint8Array(70000).fill(1));
  writer.end();
  writer.empty(0x61);
  assert.equal(writer.length, 5 + 70005 + 5);
  const taken = writer.take();
  assert.deepEqual(taken, join(packet("c"), packet("b", new Uint8Array(70000).fill(1)), packet("a")));
  assert.equal(writer.length, 0);
  assert.equal(writer.take().length, 0);
  writer.empty(0x72);
  assert.deepEqual(taken.slice(0, 5), packet("c"));
  assert.deepEqual(writer.take(), packet("r"));
});

test("packets that were encoded before are sent as they are, and never written to", () => {
  const encoded = packet("O", "options");
  const before = encoded.slice();
  const writer = new FrameWriter();
  writer.packets(encoded);
  assert.equal(writer.length, encoded.length);
  assert.equal(writer.take(), encoded);
  writer.packets(encoded);
  writer.empty(0x63);
  writer.begin(0x62);
  writer.u8(0x78);
  writer.end();
  assert.deepEqual(writer.take(), join(before, packet("c"), packet("b", "x")));
  writer.empty(0x63);
  writer.packets(encoded);
  assert.deepEqual(writer.take(), join(packet("c"), before));
  writer.empty(0x61);
  assert.deepEqual(writer.take(), packet("a"));
  assert.deepEqual(encoded, before);
});

test("a writer makes a lone empty packet once for all", () => {
  const [one, other] = [new FrameWriter(), new FrameWriter()];
  one.empty(0x63);
  other.empty(0x63);
  assert.equal(one.take(), other.take());
});
