import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { latin1Text } from "../../lib/message/text.ts";
import type { ByteSource } from "../../lib/mime/byte_source.ts";
import { parseMime } from "../../lib/mime/parse_mime.ts";
import type { Part } from "../../lib/mime/part.ts";
import { encodeBase64, encodeQuotedPrintable } from "../../lib/mime/transfer/encode.ts";
import { concatenated } from "../../lib/mime/transfer/concatenated.ts";
import { at } from "../support/present.ts";
import { lines } from "./structure/support.ts";

/** The only part of a message with these header lines, beside a text. */
async function partWith(
  header: readonly string[],
  body: readonly string[] = ["x"],
  type = "mixed",
): Promise<Part> {
  const { parts } = await parseMime(
    lines(
      `Content-Type: multipart/${type}; boundary=b`,
      "",
      "--b",
      "",
      "text",
      "--b",
      ...header,
      "",
      ...body,
      "--b--",
    ),
  );
  return at(parts, 2);
}

test("a part is named by Content-Disposition, then by Content-Type, and knows every other name", async () => {
  const rows: [string[], string[]][] = [
    [[], []],
    [["Content-Disposition: attachment; filename=a.pdf"], ["a.pdf"]],
    [["Content-Type: application/pdf; name=b.pdf", "Content-Disposition: attachment; filename=a.pdf"], [
      "a.pdf",
      "b.pdf",
    ]],
    [["Content-Type: application/pdf; name=b.pdf"], ["b.pdf"]],
    [["Content-Disposition: attachment; filename=a.pdf; filename=a.exe"], ["a.pdf", "a.exe"]],
    [["Content-Disposition: attachment; filename=a.pdf", "Content-Disposition: attachment; filename=b.exe"], [
      "a.pdf",
      "b.exe",
    ]],
    [["Content-Type: application/pdf; filename=b.exe", "Content-Disposition: attachment; name=a.exe"], [
      "a.exe",
      "b.exe",
    ]],
    [["Content-Disposition: attachment; filename*=utf-8''%C3%BC.pdf; filename=ue.pdf"], ["ü.pdf", "ue.pdf"]],
    [['Content-Disposition: attachment; filename="../..\\\\a\0b\xe2\x80\xae.pdf"'], ["ab.pdf"]],
  ];
  for (const [header, names] of rows) {
    const part = await partWith(header);
    assert.deepEqual(part.fileNames, names);
    assert.equal(part.fileName, names[0]);
  }
});

test("a part is an attachment if mail programs show it as a file", async () => {
  const rows: [string[], boolean, string?][] = [
    [[], false],
    [["Content-Type: text/html"], false],
    [["Content-Type: text/plain; name=a.txt"], true],
    [["Content-Disposition: attachment"], true],
    [["Content-Disposition: Attachment"], true],
    [["Content-Disposition: inline"], false],
    [["Content-Type: application/pdf"], true],
    [["Content-Type: image/png"], true],
    [["Content-Type: image/png", "Content-ID: <a@b>"], false, "related"],
    [["Content-Type: image/png; name=a.png", "Content-ID: <a@b>"], false, "related"],
    [
      ["Content-Type: image/png; name=a.png", "Content-ID: <a@b>", "Content-Disposition: attachment"],
      true,
      "related",
    ],
    [["Content-Type: image/png; name=a.png"], true, "related"],
    [["Content-Type: message/rfc822"], true],
    [["Content-Type: message/delivery-status"], false],
    [["Content-Type: multipart/mixed; boundary=c"], false],
  ];
  for (const [header, expected, type] of rows) {
    assert.equal((await partWith(header, ["x"], type)).isAttachment, expected, header.join());
  }
  assert.equal((await partWith(["Content-ID: <a@b>"])).contentId, "a@b");
});

test("a part knows whether it is signed or encrypted", async () => {
  const rows: [header: string[], body: string[], signed: boolean, encrypted: boolean][] = [
    [[], ["text", "-----BEGIN PGP MESSAGE"], false, false],
    [["Content-Type: multipart/signed; boundary=c"], ["--c", "", "x", "--c--"], true, false],
    [["Content-Type: multipart/encrypted; boundary=c"], ["--c", "", "x", "--c--"], false, true],
    [["Content-Type: application/pkcs7-mime; smime-type=signed-data"], ["x"], true, false],
    [["Content-Type: application/x-pkcs7-mime; name=smime.p7m"], ["x"], false, true],
    [[], ["text", "-----BEGIN PGP SIGNED MESSAGE-----"], true, false],
    [["Content-Type: text/html"], ["-----BEGIN PGP MESSAGE-----", "x"], false, true],
    [["Content-Type: application/x-own"], ["-----BEGIN PGP MESSAGE-----", "x"], false, false],
    [
      ["Content-Transfer-Encoding: base64"],
      [latin1Text(encodeBase64(lines("-----BEGIN PGP SIGNED MESSAGE-----", "x")))],
      true,
      false,
    ],
    [
      ["Content-Transfer-Encoding: base64"],
      [latin1Text(encodeBase64(lines("-----BEGIN PGP")))],
      false,
      false,
    ],
  ];
  for (const [header, body, signed, encrypted] of rows) {
    const part = await partWith(header, body);
    assert.deepEqual([part.isSigned, part.isEncrypted], [signed, encrypted], [...header, ...body].join());
    for (const child of part.children) {
      assert.deepEqual([child.isSigned, child.isEncrypted], [signed, encrypted]);
    }
    assert.equal(part.parent?.isSigned, false);
  }
});

test("text is decoded by its charset, and its lines end with LF", async () => {
  const rows: [header: string[], body: string[], text: string][] = [
    [[], ["a", "b", ""], "a\nb\n"],
    [["Content-Type: text/plain; charset=iso-8859-1"], ["\xe9"], "é"],
    [["Content-Type: text/plain; charset=utf-8"], ["\xc3\xa9\xff"], "é\ufffd"],
    [["Content-Type: text/plain; charset=no-such"], ["\xc3\xa9"], "é"],
    [["Content-Type: text/plain; charset=no-such"], ["\xe9"], "é"],
    [["Content-Transfer-Encoding: base64"], ["w6k=", "DQp4"], "é\nx"],
    [["Content-Transfer-Encoding: quoted-printable"], ["=C3=", "=A9", "x"], "é\nx"],
    [["Content-Transfer-Encoding: base64"], ["%%% no base64 %%%"], "\ufffd"],
  ];
  for (const [header, body, text] of rows.slice(0, -1)) {
    assert.equal(await (await partWith(header, body)).text(), text);
  }
  assert.equal(
    typeof await (await partWith(...rows.at(-1)!.slice(0, 2) as [string[], string[]])).text(),
    "string",
  );
});

test("a part is read up to a limit, and between characters", async () => {
  const part = await partWith([], ["a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"]);
  const texts = await Promise.all(Array.from({ length: 12 }, (_, max) => part.text({ max })));
  assert.deepEqual(texts, ["", "a", "a", "aé", "aé", "aé", "aé€", "aé€", "aé€", "aé€", "aé€😀", "aé€😀z"]);
  assert.equal((await part.bytes({ max: 2 })).length, 2);
  const latin = await partWith(["Content-Type: text/plain; charset=iso-8859-1"], ["a\xc3\xa9"]);
  assert.equal(await latin.text({ max: 2 }), "aÃ");
});

test("the bytes of a part come as they were sent, or decoded", async () => {
  const part = await partWith(["Content-Transfer-Encoding: base64"], ["SGVs", "bG8="]);
  assert.equal(latin1Text(await all(part.raw())), "SGVs\r\nbG8=");
  assert.equal(latin1Text(await all(part.stream())), "Hello");
  assert.equal(part.size, 10);
});

test("a tree is in order, and parts know what is around them", async () => {
  const { root, parts } = await parseMime(
    lines(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: message/rfc822",
      "",
      "X: y",
      "To: Joe <joe@example.org>, ann@example.org",
      "",
      "hi",
      "--b--",
    ),
  );
  assert.deepEqual(parts.map(({ index, depth }) => [index, depth]), [[0, 0], [1, 1], [2, 2]]);
  assert.equal(root, parts[0]);
  assert.deepEqual(root.children, [parts[1]]);
  assert.equal(parts[2]!.parent, parts[1]);
  assert.equal(parts[2]!.headers.text("x"), "y");
});

for (
  const [name, encode] of [["base64", encodeBase64], ["quoted-printable", encodeQuotedPrintable]] as const
) {
  test(`the parts of a message in ${name} are read from its decoded content, from any place`, async () => {
    const files = Array.from({ length: 30 }, (_, i) => Buffer.alloc(20_000, `file ${i} = \u00fc\r\n`));
    const inside = concatenated([
      lines("Content-Type: multipart/mixed; boundary=c", ""),
      ...files.flatMap((file) => [lines("", "--c", "Content-Type: application/x-own", "", ""), file]),
      lines("", "--c--", ""),
    ]);
    const message = concatenated([
      lines("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: message/rfc822"),
      lines("", `Content-Transfer-Encoding: ${name}`, "", ""),
      encode(inside),
      lines("", "--b", "", "after", "--b--"),
    ]);
    const { parts, problems } = await parseMime(message);
    assert.deepEqual(problems.map(({ code, part }) => [code, part]), [["encoded-message", 1]]);
    assert.equal(parts.length, 34);
    assert.deepEqual(await all(at(parts, 1).stream()), inside);
    assert.equal(
      at(parts, 1).info.decoded?.size,
      inside.length,
      "the line end before the delimiter is not content",
    );
    assert.equal(at(parts, 2).info.bodyEnd, inside.length);
    for (const [i, file] of [...files.entries()].reverse()) {
      const part = at(parts, 3 + i);
      assert.equal(part.container, parts[1]);
      assert.ok(file.equals(await part.bytes()), `file ${i}`);
    }
    assert.equal(await at(parts, 33).text(), "after");
    assert.equal(at(parts, 33).container, undefined);
  });
}

test("a part inside messages that are encoded several times over is read", async () => {
  let message = lines("Content-Type: application/x-own; name=a.exe", "", "MZ");
  for (let i = 0; i < 5; i++) {
    message = concatenated([
      lines("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "", ""),
      encodeBase64(message),
    ]);
  }
  const { parts } = await parseMime(message);
  const last = at(parts, -1 + parts.length);
  assert.equal(parts.length, 6);
  assert.equal(last.fileName, "a.exe");
  assert.equal(await last.text(), "MZ");
});

test("a source that fails makes reading fail, and reading ends when nobody wants more", async () => {
  const bytes = lines("Subject: a", "", "Hello");
  let isClosed = false;
  let ended = 0;
  const source: ByteSource = {
    size: bytes.length,
    async *read(start, end) {
      try {
        for (let at = start; at < end; at++) {
          if (isClosed) throw new Error("closed");
          yield bytes.slice(at, at + 1);
          await Promise.resolve();
        }
      } finally {
        ended++;
      }
    },
  };
  const { root } = await parseMime(source);
  assert.equal(await root.text({ max: 2 }), "He");
  assert.equal(ended, 2);
  isClosed = true;
  await assert.rejects(root.text(), /closed/);
  await assert.rejects(parseMime(source), /closed/);
});

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  for await (const piece of pieces) kept.push(piece.slice());
  return concatenated(kept);
}
