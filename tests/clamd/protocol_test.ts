// What clamd is sent and what it answers, as bytes and words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeepingRoom, KeptPieces, MOST_OF_ALL, MOST_OF_ONE } from "../../filters/clamd/kept_pieces.ts";
import { chunkHead, commandBytes, readScanReply } from "../../filters/clamd/protocol.ts";
import { fieldBytes, PieceJoiner } from "../../filters/clamd/raw_message.ts";
import { HeaderField } from "../../lib/message/header.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("commands and chunks are as clamd(8) says", () => {
  assert.equal(text(commandBytes("INSTREAM")), "zINSTREAM\0");
  assert.deepEqual([...chunkHead(0x01020304)], [1, 2, 3, 4]);
  assert.deepEqual([...chunkHead(0)], [0, 0, 0, 0]);
});

for (
  const [reply, read] of [
    ["stream: OK", { kind: "clean" }],
    ["stream: OK\n", { kind: "clean" }],
    ["stream: Eicar-Test FOUND", { kind: "found", name: "Eicar-Test" }],
    ["stream: A name of two words(0a1b:68) FOUND", { kind: "found", name: "A name of two words(0a1b:68)" }],
    ["stream: OK FOUND", { kind: "found", name: "OK" }],
    ["stream: Broken\r\nX-Header: \u00e9 FOUND", {
      kind: "found",
      name: "Broken X-Header: FOUND".slice(0, -6),
    }],
    ["stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", {
      kind: "unscanned",
      reason: "Heuristics.Limits.Exceeded.MaxFileSize",
    }],
    ["INSTREAM size limit exceeded. ERROR", {
      kind: "unscanned",
      reason: "larger than StreamMaxLength of clamd",
    }],
    ["stream: Can't allocate memory ERROR", { kind: "error", text: "stream: Can't allocate memory ERROR" }],
    ["", { kind: "error", text: "" }],
    ["OK", { kind: "error", text: "OK" }],
    ["stream: ", { kind: "error", text: "stream:" }],
    ["stream:  FOUND", { kind: "error", text: "stream:  FOUND" }],
    ["file: OK", { kind: "error", text: "file: OK" }],
    ["stream: OK stream: OK", { kind: "error", text: "stream: OK stream: OK" }],
    ["HTTP/1.1 400 Bad Request\r\n\r\n", { kind: "error", text: "HTTP/1.1 400 Bad Request" }],
    ["UNKNOWN COMMAND", { kind: "error", text: "UNKNOWN COMMAND" }],
  ] as const
) {
  test(`the reply ${JSON.stringify(reply)} means ${read.kind}`, () => {
    assert.deepEqual(readScanReply(reply), read);
  });
}

test("a name is bounded, whatever its length", () => {
  const reply = readScanReply(`stream: ${"x".repeat(4000)} FOUND`);
  assert.deepEqual(reply, { kind: "found", name: "x".repeat(200) });
});

test("fields have CRLF line ends, and their bytes as they came", () => {
  const raw = HeaderField.of("X", Uint8Array.of(0x20, 0xff, 0x0a, 0x09, 0x62, 0x0d, 0x0a, 0x20, 0x63), true);
  assert.deepEqual(
    [...fieldBytes(raw)],
    [0x58, 0x3a, 0x20, 0xff, 0x0d, 0x0a, 0x09, 0x62, 0x0d, 0x0a, 0x20, 0x63, 0x0d, 0x0a],
  );
  assert.equal(text(fieldBytes(HeaderField.of("Subject", "hello"))), "Subject: hello\r\n");
  assert.equal(text(fieldBytes(HeaderField.of("Empty", "", true))), "Empty:\r\n");
});

test("pieces are joined in order, large ones as they are", () => {
  const joiner = new PieceJoiner();
  const sent: Uint8Array[] = [];
  const put: number[] = [];
  const large = new Uint8Array(20_000).fill(7);
  for (let i = 0; i < 300; i++) {
    const piece = i % 50 === 49 ? large : new Uint8Array(1 + (i * 331) % 900).fill(i);
    put.push(...piece);
    sent.push(...joiner.add(piece));
  }
  sent.push(...joiner.take());
  assert.deepEqual(joiner.take(), []);
  assert.deepEqual(sent.flatMap((piece) => [...piece]), put);
  assert.ok(sent.includes(large));
  assert.ok(sent.every(({ length }) => length > 0 && length <= 65_536));
  assert.ok(sent.length < 16, String(sent.length));
});

test("what is kept is bounded for one message and for all, and given back", () => {
  const room = new KeepingRoom();
  const piece = new Uint8Array(MOST_OF_ONE / 4);
  const all = Array.from({ length: MOST_OF_ALL / MOST_OF_ONE }, () => {
    const kept = new KeptPieces(room);
    for (let i = 0; i < 4; i++) kept.add(piece);
    assert.equal(kept.all?.length, 4);
    return kept;
  });
  const more = new KeptPieces(room);
  more.add(new Uint8Array(1));
  assert.equal(more.all, undefined);

  all[0]!.add(new Uint8Array(1));
  assert.equal(all[0]!.all, undefined, "one byte more than is kept of one message");
  const again = new KeptPieces(room);
  for (let i = 0; i < 4; i++) again.add(piece);
  assert.equal(again.all?.length, 4);
  again.forget();
  again.forget();
  assert.ok(room.take(MOST_OF_ONE));
  assert.ok(!room.take(1));
});
