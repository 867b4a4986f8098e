import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { concatenated } from "../../../lib/mime/transfer/concatenated.ts";
import { encodeBase64, encodeQuotedPrintable } from "../../../lib/mime/transfer/encode.ts";
import type { TransferDecoder } from "../../../lib/mime/transfer/decoder.ts";
import { decoderOf } from "../../../lib/mime/transfer/transfer.ts";
import type { TransferEncoding } from "../../../lib/mime/structure/part_info.ts";
import { Random, testSeed } from "../../support/random.ts";

/** What is encoded, and what it is. */
type Row = readonly [encoded: string, decoded: string];

const ROWS: Readonly<Record<TransferEncoding, readonly Row[]>> = {
  identity: [["=41\r\n", "=41\r\n"]],
  base64: [
    ["", ""],
    ["SGVsbG8=", "Hello"],
    ["SGVs\r\nbG8=\r\n", "Hello"],
    // What is not of the alphabet does not count, line ends included.
    ["SG!V-s\0b_G\xff8 =", "Hello"],
    // The last group lacks its padding, or has too much.
    ["SGVsbG8", "Hello"],
    ["SGVsbG8====", "Hello"],
    // A single letter has no whole byte.
    ["SGVsbG8hQ", "Hello!"],
    // Encoded one by one, then joined.
    ["SGVsbG8=IFdvcmxk", "Hello World"],
    ["=SGVsbG8=", "Hello"],
  ],
  "quoted-printable": [
    ["", ""],
    ["a=3Db", "a=b"],
    ["=c3=a9=C3=A9", "\xc3\xa9\xc3\xa9"],
    // Soft line breaks, with white space that was added on the way.
    ["a=\r\nb=\nc= \t\r\nd", "abcd"],
    ["a  \r\nb\t\nc ", "a\r\nb\nc"],
    ["a=20\r\n", "a \r\n"],
    ["a =\r\n b", "a  b"],
    // What is not quoted-printable stays.
    ["a=b=ZZ=4", "a=b=ZZ=4"],
    ["a=\rb = c", "a=\rb = c"],
    ["a\r\n=", "a\r\n"],
    ["a= ", "a"],
    ["100% \xe9", "100% \xe9"],
    ["= =41", "= A"],
    // More white space than a line can have is content.
    [" ".repeat(1500) + "\r\n", " ".repeat(1500) + "\r\n"],
    ["a" + " ".repeat(1000) + "\r\n", "a\r\n"],
  ],
  uuencode: [
    ["", ""],
    ["begin 644 a\r\n#0V%T\r\n`\r\nend\r\n", "Cat"],
    ["begin 644 a\n#0V%T\n \nend\nmore", "Cat"],
    ["before\nbegin 644 a\n#0V%T\n", "Cat"],
    ["begin 644 a\n#0V%T", "Cat"],
    // A line that says more than it has, or less.
    ["begin 644 a\nM0V%T\nend", "Cat"],
    ['begin 644 a\n"0V%T\nend', "Ca"],
    ["nothing", ""],
  ],
};

for (const [encoding, rows] of Object.entries(ROWS) as [TransferEncoding, readonly Row[]][]) {
  for (const [encoded, decoded] of rows) {
    test(`${encoding} of ${JSON.stringify(encoded).slice(0, 50)}`, () => {
      const bytes = latin1Bytes(encoded);
      assert.equal(latin1Text(decodedIn([bytes], decoderOf(encoding))), decoded);
      // However it is cut, and by a clone from any place on.
      for (let at = 1; at < bytes.length; at++) {
        const decoder = decoderOf(encoding);
        const first = decoder.push(bytes.subarray(0, at)).slice();
        const rest = [bytes.subarray(at)];
        const clone = decoder.clone();
        assert.equal(latin1Text(concatenated([first, decodedIn(rest, decoder)])), decoded, `cut at ${at}`);
        assert.equal(latin1Text(concatenated([first, decodedIn(rest, clone)])), decoded, `cloned at ${at}`);
      }
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
      assert.equal(latin1Text(decodedIn(single, decoderOf(encoding))), decoded);
    });
  }
}

test("base64 is encoded as others encode it", () => {
  for (let size = 0; size < 200; size++) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 37);
    const wanted = Buffer.from(bytes).toString("base64").match(/.{1,76}/g)?.join("\r\n") ?? "";
    assert.equal(latin1Text(encodeBase64(bytes)), wanted);
  }
});

test("quoted-printable encodes what would not arrive", () => {
  const rows: Row[] = [
    ["=3D", "="],
    ["a=20\r\nb=09\r\n c=20", "a \r\nb\t\r\n c "],
    ["=46rom me\r\n>From", "From me\r\n>From"],
    ["a=0Db=0Ac", "a\rb\nc"],
    ["=00=7F=FF", "\0\x7f\xff"],
    ["a".repeat(76), "a".repeat(76)],
    ["a".repeat(75) + "=\r\naa", "a".repeat(77)],
    ["a".repeat(76) + "\r\nb", "a".repeat(76) + "\r\nb"],
    ["a".repeat(73) + "=3D", "a".repeat(73) + "="],
    ["a".repeat(74) + "=\r\n=3D", "a".repeat(74) + "="],
  ];
  for (const [encoded, text] of rows) {
    assert.equal(latin1Text(encodeQuotedPrintable(latin1Bytes(text))), encoded);
  }
});

test("what was encoded is decoded to the same, in lines that are short enough", () => {
  const random = new Random(testSeed("encoded and decoded"));
  const pieces = ["\r\n", " ", "\t", "=", "From ", "text", "\r", "\n", "\xc3\xbc", "\0", "--", "."];
  for (let i = 0; i < 500; i++) {
    const text = Array.from({ length: random.below(80) }, () => random.pick(pieces)).join("");
    const bytes = latin1Bytes(text);
    for (
      const [encoding, encoded] of [["base64", encodeBase64(bytes)], [
        "quoted-printable",
        encodeQuotedPrintable(bytes),
      ]] as const
    ) {
      const lines = latin1Text(encoded).split("\r\n");
      assert.ok(lines.every((line) => line.length <= 76 && /^[ -~\t]*$/.test(line)), encoding);
      assert.equal(latin1Text(decodedIn([encoded], decoderOf(encoding))), text, encoding);
    }
  }
});

function decodedIn(pieces: readonly Uint8Array[], decoder: TransferDecoder): Uint8Array {
  const out = pieces.map((piece) => decoder.push(piece).slice());
  return concatenated([...out, decoder.end()]);
}
