import assert from "node:assert/strict";
import { test } from "node:test";
import { Buffer } from "node:buffer";
import { PartSource } from "../../filters/attachments/part_source.ts";
import { bytesSource } from "../../lib/mime/byte_source.ts";
import { parseMime } from "../../lib/mime/parse_mime.ts";
import { toBytes } from "../../lib/message/text.ts";
import { part } from "./messages.ts";

const CONTENT = Buffer.from(Array.from({ length: 40_000 }, (_, n) => `line ${n}`).join("\r\n"));

const ENCODINGS: readonly [name: string, message: string][] = [
  ["base64", part({ content: CONTENT })],
  ["nothing", part({ type: "text/plain", content: CONTENT })],
  [
    "quoted-printable",
    part({
      type: "text/plain",
      header: ["Content-Transfer-Encoding: quoted-printable"],
      content: CONTENT.toString().replaceAll("line", "=6Cine"),
    }),
  ],
];

for (const [name, message] of ENCODINGS) {
  test(`a part is read from anywhere, encoded by ${name}`, async () => {
    const bytes = toBytes(message);
    const whole = bytesSource(bytes);
    let read = 0;
    const source = {
      size: whole.size,
      *read(start: number, end: number) {
        for (let at = start; at < end; at += 1000) {
          read += Math.min(1000, end - at);
          yield bytes.subarray(at, Math.min(at + 1000, end));
        }
      },
    };
    const content = new PartSource((await parseMime(source)).root);
    const from = async (at: number) => {
      read = 0;
      const pieces: Uint8Array[] = [];
      for await (const piece of content.open(at)) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    assert.ok(CONTENT.equals(await from(0)));
    for (let at = CONTENT.length + 1000; at >= 0; at -= 31_999) {
      assert.ok(CONTENT.subarray(at).equals(await from(at)), `from ${at}`);
      // What is before is decoded again from the nearest of the places that were noted.
      const share = Math.max(0, CONTENT.length - at) / CONTENT.length;
      assert.ok(read <= share * bytes.length + 70_000, `${read} bytes from ${at}`);
    }
  });
}
