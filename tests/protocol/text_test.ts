// Bytes as text and back: nothing is lost.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { isUtf8, legibleText, toBytes, utf8Slice, utf8Text } from "../../lib/protocol/text.ts";
import { Random } from "../support/random.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether an independent decoder takes the bytes. */
function decodes(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function assertKept(bytes: Uint8Array): void {
  assert.deepEqual(toBytes(utf8Text(bytes)), bytes);
}

test("every pair of bytes comes back, and each byte of it that is no UTF-8 is escaped", () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const bytes = Uint8Array.of(first, second);
      assertKept(bytes);
      assert.equal(utf8Text(bytes).isWellFormed(), decodes(bytes), bytes.join());
    }
  }
});

for (
  const [what, bytes, text] of [
    ["ASCII", [0x61, 0x00, 0x7f], "a\0\x7f"],
    ["UTF-8 of two, three and four bytes", [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], "é€😀"],
    ["a byte order mark", [0xef, 0xbb, 0xbf, 0x61], "\ufeffa"],
    ["latin1", [0x63, 0xe9, 0x21], "c\udce9!"],
    [
      "latin1 beside UTF-8",
      [0xe9, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0xe2, 0x82, 0xac],
      "\udce9é😀\udcff€",
    ],
    ["a sequence that is cut off", [0xe2, 0x82], "\udce2\udc82"],
    ["a sequence that another one cuts off", [0xf0, 0x9f, 0xc3, 0xa9], "\udcf0\udc9fé"],
    ["an overlong slash", [0xc0, 0xaf, 0xe0, 0x80, 0xaf], "\udcc0\udcaf\udce0\udc80\udcaf"],
    ["an encoded surrogate", [0xed, 0xb3, 0xa9], "\udced\udcb3\udca9"],
    ["more than Unicode has", [0xf4, 0x90, 0x80, 0x80, 0xf5], "\udcf4\udc90\udc80\udc80\udcf5"],
  ] as [string, number[], string][]
) {
  test(`${what} is read as ${JSON.stringify(text)}, and comes back`, () => {
    assert.equal(utf8Text(Uint8Array.from(bytes)), text);
    assert.deepEqual(toBytes(text), Uint8Array.from(bytes));
  });
}

test("bytes of any kind come back", () => {
  const random = new Random(8601);
  const pieces = ["a", "é", "€", "😀", "\ufffd", "\u0800", "\ud7ff", "\u{10ffff}"].map((
    text,
  ) => [...toBytes(text)]);
  for (let round = 0; round < 2000; round++) {
    const bytes: number[] = [];
    for (let i = random.below(12); i >= 0; i--) {
      bytes.push(...random.below(2) ? random.pick(pieces) : [128 + random.below(128)]);
    }
    const whole = Uint8Array.from(bytes);
    assertKept(whole);
    const start = random.below(whole.length);
    const end = start + random.below(whole.length - start + 1);
    assert.equal(utf8Slice(whole, start, end), utf8Text(whole.slice(start, end)));
    assert.equal(isUtf8(whole), utf8Text(whole).isWellFormed());
  }
});

test("no escape hides a control character, and other lone surrogates are U+FFFD", () => {
  assert.deepEqual(toBytes("\udc0a\udc00\udc7f\ud800a\udd00"), toBytes("\ufffd\ufffd\ufffd\ufffda\ufffd"));
});

test("for people an escaped byte is its latin1 character", () => {
  assert.equal(legibleText("caf\udce9 é 😀 \ud800 \udc0a"), "café é 😀 \ufffd \ufffd");
});

test("long hostile text takes no more than its length", () => {
  const bytes = new Uint8Array(2_000_000).map((_, i) => i % 2 ? 0xff : 0x61);
  assert.ok(Buffer.from(toBytes(utf8Text(bytes))).equals(bytes));
});
