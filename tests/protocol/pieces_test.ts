import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, ProtocolFlag, Reply } from "../../lib/protocol/constants.ts";
import { FrameDecoder } from "../../lib/protocol/frame.ts";
import { join, letters, negotiated, packet } from "./support.ts";

const CONTENT = Uint8Array.from({ length: 6000 }, (_, i) => i * 7);
const STREAM = join(
  packet("L", "a\0b\0"),
  packet("B", CONTENT),
  packet("B", new Uint8Array(0)),
  packet("B", "x"),
  packet("E"),
);

/** The stream read in pieces: packets put together again, each with the count of its pieces. */
function read(pieces: Iterable<Uint8Array>): { packets: string[]; content: Uint8Array[]; counts: number[] } {
  const decoder = new FrameDecoder();
  decoder.inPieces = Command.BODY;
  const packets: string[] = [];
  const content: Uint8Array[] = [];
  const counts: number[] = [];
  let whole: Uint8Array[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    while (decoder.next()) {
      whole.push(decoder.bytes.slice(decoder.start, decoder.end));
      if (!decoder.last) continue;
      packets.push(String.fromCharCode(decoder.command));
      content.push(join(...whole));
      counts.push(whole.length);
      whole = [];
    }
  }
  assert.equal(whole.length, 0);
  assert.equal(decoder.buffered, 0);
  return { packets, content, counts };
}

function* inReadsOf(size: number): Generator<Uint8Array> {
  for (let at = 0; at < STREAM.length; at += size) yield STREAM.slice(at, at + size);
}

function checkStream(pieces: Iterable<Uint8Array>): number[] {
  const { packets, content, counts } = read(pieces);
  assert.equal(packets.join(""), "LBBBE");
  assert.deepEqual(content[1], CONTENT);
  assert.deepEqual([0, 2, 3, 4].map((i) => content[i].length), [4, 0, 1, 0]);
  // Only the large one is ever cut: what is shorter than a piece is put together.
  assert.deepEqual([0, 2, 3, 4].map((i) => counts[i]), [1, 1, 1, 1]);
  return counts;
}

test("what is handed on in pieces is the same wherever the stream is cut", () => {
  for (let at = 1; at < STREAM.length; at++) {
    const counts = checkStream([STREAM.slice(0, at), STREAM.slice(at)]);
    assert.ok(counts[1] <= 2, `cut at ${at}: ${counts[1]} pieces`);
  }
});

test("reads of any size make pieces that are worth a step", () => {
  for (const size of [1, 2, 3, 4, 5, 6, 7, 100, 1000, 2047, 2048, 2049, 2053, 4096, STREAM.length]) {
    const counts = checkStream(inReadsOf(size));
    assert.ok(counts[1] <= Math.ceil(CONTENT.length / 2048) + 1, `reads of ${size}: ${counts[1]} pieces`);
  }
});

test("a large piece is a view of what was read", () => {
  const decoder = new FrameDecoder();
  decoder.inPieces = Command.BODY;
  const first = STREAM.slice(0, 4000);
  decoder.push(first);
  assert.ok(decoder.next());
  assert.ok(decoder.next());
  assert.equal(decoder.bytes, first);
  assert.equal(decoder.last, false);
});

for (const [protocol, pieces] of [[0, 1], [ProtocolFlag.NR_BODY, 2]]) {
  test(`a body packet in two reads makes ${pieces} events where protocol 0x${protocol.toString(16)} was agreed`, () => {
    const session = negotiated(protocol);
    session.receive(packet("M", "a\0"));
    assert.ok(session.next());
    session.answer(Reply.CONTINUE);
    const body = packet("B", CONTENT);
    const seen: Uint8Array[] = [];
    for (const read of [body.slice(0, 3000), body.slice(3000)]) {
      session.receive(read);
      while (session.next()) {
        assert.equal(session.event, "body");
        assert.equal(session.wantsReply, protocol === 0);
        seen.push(session.bytes.slice(session.start, session.end));
        session.answer(Reply.CONTINUE);
      }
    }
    assert.equal(seen.length, pieces);
    assert.deepEqual(join(...seen), CONTENT);
    assert.equal(letters(session.takeOutput()), protocol === 0 ? "cc" : "c");
  });
}
