import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, ProtocolFlag, Reply } from "../../lib/protocol/constants.ts";
import { FrameDecoder } from "../../lib/protocol/frame_decoder.ts";
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
function read(
  pieces: Iterable<Uint8Array>,
): { letter: string; content: Uint8Array; count: number }[] {
  const decoder = new FrameDecoder();
  decoder.inPieces = Command.BODY;
  const packets: { letter: string; content: Uint8Array; count: number }[] = [];
  let whole: Uint8Array[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    while (decoder.next()) {
      whole.push(decoder.bytes.slice(decoder.start, decoder.end));
      if (!decoder.last) continue;
      packets.push({
        letter: String.fromCharCode(decoder.command),
        content: join(...whole),
        count: whole.length,
      });
      whole = [];
    }
  }
  assert.equal(whole.length, 0);
  assert.equal(decoder.buffered, 0);
  return packets;
}

function* inReadsOf(size: number): Generator<Uint8Array> {
  for (let at = 0; at < STREAM.length; at += size) yield STREAM.slice(at, at + size);
}

/** Checks the packets that the pieces make, and returns the count of pieces of the large one. */
function checkStream(pieces: Iterable<Uint8Array>): number {
  const packets = read(pieces);
  assert.equal(packets.map(({ letter }) => letter).join(""), "LBBBE");
  const [large] = packets.splice(1, 1);
  assert.deepEqual(large?.content, CONTENT);
  assert.deepEqual(packets.map(({ content }) => content.length), [4, 0, 1, 0]);
  // Only the large one is ever cut: what is shorter than a piece is put together.
  assert.deepEqual(packets.map(({ count }) => count), [1, 1, 1, 1]);
  return large.count;
}

test("what is handed on in pieces is the same wherever the stream is cut", () => {
  for (let at = 1; at < STREAM.length; at++) {
    const count = checkStream([STREAM.slice(0, at), STREAM.slice(at)]);
    assert.ok(count <= 2, `cut at ${at}: ${count} pieces`);
  }
});

test("reads of any size make pieces that are worth a step", () => {
  for (const size of [1, 2, 3, 4, 5, 6, 7, 100, 1000, 2047, 2048, 2049, 2053, 4096, STREAM.length]) {
    const count = checkStream(inReadsOf(size));
    assert.ok(count <= Math.ceil(CONTENT.length / 2048) + 1, `reads of ${size}: ${count} pieces`);
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

for (const [protocol, pieces] of [[0, 1], [ProtocolFlag.NR_BODY, 2]] as const) {
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
