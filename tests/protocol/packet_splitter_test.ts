import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_DATA_1M } from "../../lib/protocol/constants.ts";
import { PacketSplitter, type StreamPiece } from "../../lib/protocol/packet_splitter.ts";
import { Random, testSeed } from "../support/random.ts";
import { join, packet, splits } from "./support.ts";

/** Everything that comes of some writes, and the left-over. */
function split(pieces: readonly Uint8Array[]): StreamPiece[] {
  const splitter = new PacketSplitter();
  const found = pieces.flatMap((piece) => splitter.push(piece));
  const left = splitter.end();
  return left ? [...found, left] : found;
}

const bytesOf = (pieces: readonly StreamPiece[]) => join(...pieces.map(({ bytes }) => bytes));
const length = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

test("packets come out whole, wherever the stream is cut", () => {
  const packets = [packet("H", "name\0"), packet("T"), packet("L", "a\0b\0"), packet("Q")];
  for (const pieces of splits(join(...packets))) {
    const found = split(pieces);
    assert.deepEqual(found.map(({ bytes }) => bytes), packets);
    for (const piece of found) {
      assert.ok("command" in piece);
      assert.deepEqual(piece.payload, piece.bytes.subarray(5));
      assert.equal(piece.command, piece.bytes[4]);
    }
  }
});

test("a length that cannot be ends the packets, and everything is told as it comes", () => {
  for (const bad of [length(0), length(MAX_DATA_1M + 2), length(0xffffffff)]) {
    const stream = join(packet("T"), bad, packet("Q"));
    for (const pieces of splits(stream)) {
      const found = split(pieces);
      assert.deepEqual(bytesOf(found), stream);
      const [first, ...others] = found;
      assert.ok(first && "command" in first);
      assert.ok(others.length > 0);
      for (const piece of others) {
        assert.ok("problem" in piece);
        assert.match(piece.problem, /not the milter protocol/);
      }
    }
  }
});

test("what is behind the last whole packet is left over", () => {
  for (const rest of [Uint8Array.of(0), length(9), join(length(9), new Uint8Array(3))]) {
    const [first, left, ...more] = split([join(packet("T"), rest)]);
    assert.ok(first && "command" in first);
    assert.deepEqual(left, { bytes: rest, problem: "the stream ends inside a packet" });
    assert.deepEqual(more, []);
  }
});

test("the largest packet that was ever agreed on is one", () => {
  const whole = packet("B", new Uint8Array(MAX_DATA_1M));
  const [found, ...more] = split([whole.subarray(0, 70_000), whole.subarray(70_000)]);
  assert.ok(found && "command" in found);
  assert.equal(found.payload.length, MAX_DATA_1M);
  assert.deepEqual(more, []);
});

test("nothing is ever lost or added", () => {
  const random = new Random(testSeed("splitter"));
  for (let round = 0; round < 300; round++) {
    const parts = Array.from({ length: random.below(8) }, () => {
      const noise = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
      return random.below(6) === 0 ? noise : packet("B", noise);
    });
    const stream = join(...parts);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < stream.length;) {
      const size = 1 + random.below(20);
      pieces.push(stream.slice(at, at + size));
      at += size;
    }
    assert.deepEqual(bytesOf(split(pieces)), stream);
  }
});
