import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesSource } from "../../../lib/mime/byte_source.ts";
import { ForeignPartError, MimeEditor } from "../../../lib/mime/edit/editor.ts";
import { InvalidReplacementError } from "../../../lib/mime/edit/replacement.ts";
import { PartHeaders } from "../../../lib/mime/structure/part_headers.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { latin1Bytes, latin1Text, toBytes } from "../../../lib/protocol/text.ts";
import { editText, withText } from "./edited.ts";

const T = "Content-Type: text/plain\n\n";
const H = "Content-Type: text/html\n\n";
const group = (type: string, ...parts: string[]) =>
  `Content-Type: multipart/${type}; boundary=${type}\n\n${
    parts.map((part) => `--${type}\n${part}\n`).join("")
  }--${type}--\n`;
const file = (name: string) => `Content-Type: application/octet-stream; name=${name}\n\n${name}`;

describe("text goes where people read it", () => {
  // "+": the text is expected here.
  const cases: [what: string, message: string][] = [
    ["each alternative", group("alternative", `${T}a+`, `${H}b+`)],
    ["the last text of several", group("mixed", `${T}a`, file("x"), `${T}b+`, file("y"))],
    [
      "the text before files, one of them text",
      group("mixed", `${T}a+`, "Content-Type: text/plain; name=a.txt\n\nb"),
    ],
    ["a text that files follow", group("mixed", group("alternative", `${T}a+`, `${H}b+`), file("x"))],
    ["the HTML that shows images", group("alternative", `${T}a+`, group("related", `${H}b+`, file("x")))],
    [
      "the last HTML beside a text",
      group("alternative", `${T}a+`, group("mixed", `${H}b`, file("x"), `${H}c+`)),
    ],
    ["a text beside a signed one", group("mixed", group("signed", `${T}a`, file("sig")), `${T}b+`)],
    ["not into a message", group("mixed", `${T}a+`, `Content-Type: message/rfc822\n\n${T}b`)],
  ];
  for (const [what, message] of cases) {
    it(what, async () => {
      const { text } = await withText(message.replaceAll("+", ""), { text: "END", html: "END" });
      const expected = message.replaceAll("+", "END");
      assert.equal(text.replace(/\n+END\n*/g, "END\n"), expected.replace(/\n+END\n*/g, "END\n"));
    });
  }

  it("the first text of several, for the top", async () => {
    const { results: [result] } = await withText(group("mixed", `${T}a`, `${T}b`), {
      text: "TOP",
      at: "top",
    });
    assert.deepEqual(result!.changed.map(({ index }) => index), [1]);
  });

  it("the part that a multipart/related begins with, if it names one", async () => {
    const message = group("related", `Content-ID: <a>\n${T}a`, `Content-ID: <b>\n${H}b`)
      .replace("boundary", 'start="<b>"; boundary');
    const { results: [result] } = await withText(message, { text: "END" });
    assert.deepEqual(result!.changed.map(({ type }) => type), ["text/html"]);
  });

  for (
    const [reason, type] of [["signed", "signed"], ["encrypted", "encrypted"], ["no-text", "report"], [
      "no-text",
      "digest",
    ]]
  ) {
    it(`nowhere in a multipart/${type}`, async () => {
      const message = group(type!, `${T}a`, file("x"));
      const { text, results: [result] } = await withText(message, { text: "END" });
      assert.equal(text, message);
      assert.deepEqual(result!.refused.map((each) => each.reason), [reason]);
    });
  }
});

describe("parts are removed", () => {
  const parts = [`${T}a`, file("x"), `${H}c`];
  for (const gone of [[0], [1], [2], [0, 1], [1, 0], [0, 2], [2, 1]]) {
    it(`${gone} of three`, async () => {
      const { text } = await editText(group("mixed", ...parts), async (editor, message) => {
        const results = [];
        for (const i of gone) results.push(await editor.remove(message.root.children[i]!));
        return results;
      });
      assert.equal(text, group("mixed", ...parts.filter((_, i) => !gone.includes(i))));
    });
  }

  it("all: an empty text stays", async () => {
    const { text } = await editText(group("mixed", ...parts), async (editor, { root }) => [
      await editor.remove(root.children[1]!),
      await editor.remove(root.children[0]!),
      await editor.remove(root.children[2]!),
    ]);
    assert.equal(text, group("mixed", T));
  });

  it("the message itself: an empty text stays", async () => {
    const { text } = await editText(
      `A: b\n${group("mixed", ...parts)}`,
      async (editor, { root }) => [await editor.remove(root)],
    );
    assert.equal(
      text,
      "MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline\nA: b\n\n\n",
    );
  });
});

describe("a part is replaced", () => {
  const replaced = async (index: number, replacement: Parameters<MimeEditor["replace"]>[1]) =>
    (await editText(
      group("mixed", `${T}a`, `X-Kept: 1\nContent-ID: <a>\n${file("x")}`),
      async (editor, { parts }) => [
        await editor.replace(parts[index]!, replacement),
      ],
    )).text;
  const expected = (part: string) => group("mixed", `${T}a`, part.replace("\n\n", "\nX-Kept: 1\n\n"));

  it("by text in ASCII", async () => {
    assert.equal(
      await replaced(2, { text: "gone\r\naway\n" }),
      expected(
        "Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline\n\ngone\naway",
      ),
    );
  });

  it("by text in UTF-8 with a name and a type", async () => {
    assert.equal(
      await replaced(2, {
        text: "<p>für alle</p>",
        type: "text/html; charset=utf-8",
        fileName: 'a "ö".html',
      }),
      expected(
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n" +
          "Content-Disposition: attachment; filename*=utf-8''a%20%22%C3%B6%22.html\n\n<p>f=C3=BCr alle</p>",
      ),
    );
  });

  it("by bytes", async () => {
    assert.equal(
      await replaced(2, { bytes: Uint8Array.of(1, 2), fileName: 'a"\\\n.bin' }),
      expected(
        "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n" +
          'Content-Disposition: attachment; filename="a\\"\\\\ .bin"\n\nAQI=',
      ),
    );
  });

  for (
    const replacement of [{ text: "", type: "text/plain\r\nX: y" }, { text: "", type: "multipart/mixed" }, {
      text: "",
      type: "x",
    }, {}]
  ) {
    it(`not by ${JSON.stringify(replacement)}`, async () => {
      await assert.rejects(replaced(2, replacement as { text: string }), InvalidReplacementError);
    });
  }
});

describe("several edits of one message", () => {
  const message = group("mixed", `${T}a`, group("signed", `${T}b`, file("sig")), file("x"));

  it("add text twice, and at both ends", async () => {
    const { text } = await editText(`A: b\n\nHi\n`, async (editor) => [
      await editor.addText({ text: "1" }),
      await editor.addText({ text: "0", at: "top" }),
      await editor.addText({ text: "2" }),
    ]);
    assert.equal(text, "A: b\n\n0\n\nHi\n\n1\n\n2\n");
  });

  it("leave alone what an earlier one has replaced or removed", async () => {
    const { results } = await editText(message, async (editor, { parts, root }) => [
      await editor.addText({ text: "END" }),
      await editor.replace(parts[1]!, { text: "new" }),
      await editor.addText({ text: "END" }),
      await editor.remove(parts[1]!),
      await editor.replace(root, { text: "all" }),
      await editor.remove(parts[5]!),
    ]);
    const outcomes = results.map(({ done, refused }) => done ? "done" : refused[0]!.reason);
    assert.deepEqual(outcomes, ["done", "done", "changed", "changed", "done", "changed"]);
  });

  it("change nothing within what is signed, but may take it away", async () => {
    const { results, text } = await editText(message, async (editor, { parts }) => [
      await editor.remove(parts[3]!),
      await editor.replace(parts[4]!, { text: "" }),
      await editor.remove(parts[2]!),
    ]);
    assert.deepEqual(results.map(({ done }) => done), [false, false, true]);
    assert.deepEqual(results[0]!.refused.map(({ reason, message }) => [reason, message]), [
      ["signed", "it is signed, and the signature would no longer hold"],
    ]);
    assert.equal(text, group("mixed", `${T}a`, file("x")));
  });
});

it("a header that is given apart changes there", async () => {
  const header = (...fields: [string, string][]) =>
    PartHeaders.of(fields.map(([name, value]) => ({ nameBytes: toBytes(name), valueBytes: toBytes(value) })));
  const source = bytesSource(latin1Bytes("caf\xe9\r\n"));
  const message = await parseMime(source, {
    header: header(["Content-Type", "text/plain; charset=iso-8859-1"], ["Content-Transfer-Encoding", "8bit"]),
  });
  const editor = new MimeEditor(message, source);
  await editor.addText({ text: "5 €" });
  assert.deepEqual(editor.fields, [
    { name: "Content-Type", value: "text/plain; charset=utf-8" },
    { name: "Content-Transfer-Encoding", value: "quoted-printable" },
  ]);
  let body = "";
  for await (const piece of editor.body()) body += latin1Text(piece);
  assert.equal(body, "caf=C3=A9\r\n\r\n5 =E2=82=AC\r\n");
});

it("a part of another message is refused", async () => {
  const source = bytesSource(latin1Bytes("A: b\r\n\r\nHi\r\n"));
  const [one, other] = [await parseMime(source), await parseMime(source)];
  const editor = new MimeEditor(one, source);
  await assert.rejects(editor.remove(other.root), ForeignPartError);
  await assert.rejects(editor.replace(other.root, { text: "" }), ForeignPartError);
});

it("the line end of a message is that of its first line", async () => {
  const source = bytesSource(latin1Bytes("A: b\n\nHi\n"));
  const editor = new MimeEditor(await parseMime(source), source);
  await editor.addText({ text: "a\r\nb" });
  let text = "";
  for await (const piece of editor.body()) text += latin1Text(piece);
  assert.equal(text, "A: b\n\nHi\n\na\nb\n");
});
