import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { encodedPlace } from "../../../lib/mime/edit/encoded_place.ts";
import { encodedBytes, encoderOf } from "../../../lib/mime/transfer/encoders.ts";
import { concatenated } from "../../../lib/mime/transfer/concatenated.ts";
import { decoderOf } from "../../../lib/mime/transfer/transfer.ts";
import { latin1Bytes, latin1Text } from "../../../lib/protocol/text.ts";
import { Random, testSeed } from "../../support/random.ts";

const random = new Random(testSeed("encoders"));

function decodedBytes(bytes: Uint8Array, encoding: "base64" | "quoted-printable"): Uint8Array {
  const decoder = decoderOf(encoding);
  return concatenated([decoder.push(bytes), decoder.end()]);
}

/** Bytes cut anywhere. */
function cut(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.below(80);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

describe("quoted-printable", () => {
  const encode = (text: string) => latin1Text(encodedBytes(latin1Bytes(text), "quoted-printable"));
  const cases: [text: string, encoded: string][] = [
    ["a = b\xe9", "a =3D b=E9"],
    ["a \r\nb\t\r\nc ", "a=20\r\nb=09\r\nc=20"],
    ["a\rb\r", "a=0Db=0D"],
    [" \r x", " =0D x"],
    ["a\nb\n", "a=0Ab=0A"],
    ["From a\r\nFrom\r\nFro", "=46rom a\r\nFrom\r\nFro"],
    ["From ", "=46rom=20"],
    ["\0\x7f", "=00=7F"],
    ["", ""],
    ["x".repeat(76), "x".repeat(76)],
    ["x".repeat(80), `${"x".repeat(75)}=\r\nxxxxx`],
    ["x".repeat(74) + "\xe9", `${"x".repeat(74)}=\r\n=E9`],
  ];
  for (const [text, encoded] of cases) {
    it(JSON.stringify(text.slice(0, 20)), () => assert.equal(encode(text), encoded));
  }

  it("with LF between lines", () => {
    const encoded = encodedBytes(latin1Bytes(`a \nb\r\n${"x".repeat(77)}\n`), "quoted-printable", "\n");
    assert.equal(latin1Text(encoded), `a=20\nb=0D\n${"x".repeat(75)}=\nxx\n`);
  });
});

describe("of random texts", () => {
  const letters = ["a", "b", " ", "\t", "=", ".", "\r\n", "\n", "\r", "\xe9", "\0", "From ", "=3D"];
  const texts = Array.from(
    { length: 300 },
    () => latin1Bytes(Array.from({ length: random.below(400) }, () => random.pick(letters)).join("")),
  );

  for (const encoding of ["quoted-printable", "base64"] as const) {
    it(`${encoding} gives them back, in lines of at most 76`, () => {
      for (const text of texts) {
        const encoded = encodedBytes(text, encoding);
        assert.deepEqual(decodedBytes(encoded, encoding), text);
        for (const line of latin1Text(encoded).split(/\r?\n/)) assert.ok(line.length <= 76, line);
      }
    });

    it(`${encoding} is the same in whichever pieces they come`, () => {
      for (const text of texts) {
        const encoder = encoderOf(encoding);
        const encoded = concatenated([
          ...cut(text).map((piece) => encoder.push(piece).slice()),
          encoder.end(),
        ]);
        assert.deepEqual(encoded, encodedBytes(text, encoding));
      }
    });
  }

  it("base64 is what Node writes", () => {
    for (const text of texts) {
      const written = Buffer.from(text).toString("base64").replace(/.{76}(?!$)/g, "$&\r\n");
      assert.equal(latin1Text(encodedBytes(text, "base64")), written);
    }
  });
});

describe("a place in quoted-printable", () => {
  it("is found in whichever pieces it comes, before and after a tag", async () => {
    const encoded = "<p>a=\r\n =3D  =3C/body>=\r\n  \r\n\r\n=E9 </html>x";
    const text = latin1Text(decodedBytes(latin1Bytes(encoded), "quoted-printable"));
    for (let i = 0; i < 20; i++) {
      for (const tag of ["</body>", "</html>"]) {
        const before = await encodedPlace(cut(latin1Bytes(encoded)), text.indexOf(tag));
        assert.match(encoded.slice(before), tag === "</body>" ? /^=3C\/body/ : /^<\/html/);
        const after = await encodedPlace(cut(latin1Bytes(encoded)), text.indexOf(tag) + tag.length);
        assert.match(encoded.slice(0, after), tag === "</body>" ? /=3C\/body>$/ : /<\/html>$/);
      }
    }
  });
});
