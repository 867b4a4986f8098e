import assert from "node:assert/strict";
import { test } from "node:test";
import { replacementBody, withCrlf } from "../../lib/message/body.ts";
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
  ] as const
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
  const [length, sizes] of [[0, []], [1, [1]], [65535, [65535]], [65536, [65535, 1]], [131071, [
    65535,
    65535,
    1,
  ]]] as const
) {
  test(`a new body of ${length} bytes comes in chunks of ${sizes.join(", ") || "nothing"}`, () => {
    const body = Uint8Array.from({ length }, (_, i) => i % 10);
    for (const pieces of [[body], [body.subarray(0, length / 3), body.subarray(length / 3)]]) {
      const chunks = [...replacementBody(pieces, "sendmail")];
      assert.deepEqual(chunks.map((chunk) => chunk.length), [...sizes]);
      assert.deepEqual(chunks.flatMap((chunk) => [...chunk]), [...body]);
    }
  });
}

test("of a new body, bare LF becomes CRLF, and Postfix ends its last line", () => {
  for (
    const [given, sendmail, postfix] of [
      ["", "", ""],
      ["a", "a", "a\r\n"],
      ["a\n", "a\r\n", "a\r\n"],
      ["a\r\n\nb", "a\r\n\r\nb", "a\r\n\r\nb\r\n"],
      ["\r\r\n\n", "\r\r\n\r\n", "\r\r\n\r\n"],
    ] as const
  ) {
    const bytes = toBytes(given);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      assert.equal([...replacementBody(pieces, "sendmail")].map(text).join(""), sendmail);
      assert.equal([...replacementBody(pieces, "postfix")].map(text).join(""), postfix);
    }
  }
});

test("a CR that is put before an LF may be the last byte of a chunk", () => {
  const body = toBytes("x".repeat(65534) + "\ny");
  const chunks = [...replacementBody([body], "sendmail")];
  assert.deepEqual(chunks.map((chunk) => chunk.length), [65535, 2]);
  assert.equal(chunks.map(text).join(""), "x".repeat(65534) + "\r\ny");
});
