import assert from "node:assert/strict";
import { test } from "node:test";
import { chunksOf, withCrlf } from "../../lib/message/body.ts";
import { toBytes } from "../../lib/message/text.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

for (
  const [given, expected] of [
    ["", ""],
    ["one\r\ntwo\r\n", "one\r\ntwo\r\n"],
    ["one\ntwo\n", "one\r\ntwo\r\n"],
    ["\n\n", "\r\n\r\n"],
    ["one\rtwo\r\r\n", "one\rtwo\r\r\n"],
    ["mixed\r\nends\nhere", "mixed\r\nends\r\nhere"],
  ]
) {
  test(`${JSON.stringify(given)} with CRLF is ${JSON.stringify(expected)}, in whatever pieces it comes`, () => {
    const bytes = toBytes(given);
    for (let a = 0; a <= bytes.length; a++) {
      for (let b = a; b <= bytes.length; b++) {
        assert.equal(text(withCrlf([bytes.slice(0, a), bytes.slice(a, b), bytes.slice(b)])), expected);
      }
    }
    assert.equal(text(withCrlf([bytes])), expected);
  });
}

test("one piece that is right is not copied", () => {
  const bytes = toBytes("one\r\n");
  assert.equal(withCrlf([bytes]), bytes);
  assert.equal(withCrlf([]).length, 0);
});

for (
  const [length, sizes] of [[0, [0]], [1, [1]], [65535, [65535]], [65536, [65535, 1]], [131071, [
    65535,
    65535,
    1,
  ]]] as const
) {
  test(`a body of ${length} bytes goes in pieces of ${sizes.join(", ")}`, () => {
    const body = Uint8Array.from({ length }, (_, i) => i % 251);
    const chunks = chunksOf(body);
    assert.deepEqual(chunks.map((chunk) => chunk.length), [...sizes]);
    assert.deepEqual(chunks.flatMap((chunk) => [...chunk]), [...body]);
  });
}
