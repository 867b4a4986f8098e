// What a filter edits of a message, as both MTAs deliver it: the same that the testing kit says.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, it } from "node:test";
import type { ContentEditor } from "../../mod.ts";
import { deliver } from "../../lib/testing.ts";
import { behindEachMta } from "../support/behind_each_mta.ts";
import { newFolder } from "../support/instance.ts";

const folder = newFolder("milterkit-content-");
after(() => rmSync(folder, { recursive: true, force: true }));

/** The edits, by the word in the subject that asks for them. */
const EDITS = {
  replaced: async (content: ContentEditor) => {
    await content.replace((await content.mime()).root, { text: "Grüße", fileName: "note.txt" });
  },
  removed: async (content: ContentEditor) => {
    for (const part of await content.parts()) if (part.fileName === "a.bin") await content.remove(part);
  },
  added: async (content: ContentEditor) => {
    await content.addText({ text: "Grüße aus Köln", at: "top" });
    await content.addText({ text: "Example Ltd" });
  },
};

const FILTER = `import { defineFilter } from "milterkit";
const EDITS = { ${Object.entries(EDITS).map(([word, edit]) => `${word}: ${edit}`).join(",\n")} };
export default defineFilter({
  name: "editing",
  content: "mime",
  changes: ["editContent"],
  verdicts: [],
  async eom({ content, headers }) {
    await EDITS[headers.get("Subject").value](content);
  },
});
`;

const FILE = Uint8Array.from({ length: 300_000 }, (_, at) => at * 7 & 255);
const PARTS = [
  "This is a message in parts.",
  "--b",
  "Content-Type: text/plain; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Caf=E9",
  "--b",
  "Content-Type: application/octet-stream; name=a.bin",
  "Content-Transfer-Encoding: base64",
  "",
  ...btoa(String.fromCharCode(...FILE.subarray(0, 50_000))).match(/.{1,76}/g)!,
  "--b",
  "Content-Type: message/rfc822",
  "",
  "Subject: inner",
  "",
  "inner text",
  "--b--",
  "epilogue",
];
const IN_PARTS = ["MIME-Version: 1.0", "Content-Type: multipart/mixed;", "\tboundary=b", "", ...PARTS];

/** Each message, by the edit and what it is. */
const MESSAGES: readonly (readonly [edit: keyof typeof EDITS, what: string, lines: readonly string[]])[] = [
  ["replaced", "a message in parts", IN_PARTS],
  ["replaced", "a message without a type", ["", "Hello"]],
  ["removed", "a message in parts", IN_PARTS],
  ["added", "a message in parts", IN_PARTS],
  ["added", "a message without a type", ["", "Hello"]],
  ["added", "a message in ASCII", ["Content-type: TEXT/plain; charset=US-ASCII", "", "Hello"]],
  ["added", "a message in base64", [
    "MIME-Version: 1.0",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    btoa("<p>Hello</p>\r\n".repeat(5000)).replace(/.{76}/g, "$&\r\n"),
  ]],
  ["removed", "an empty message", ["", ""]],
];

const path = join(folder, "editing.ts");
writeFileSync(path, FILTER);

await behindEachMta(["--filter", path], (mta) => {
  for (const [edit, what, lines] of MESSAGES) {
    it(`delivers ${what}, ${edit}`, async () => {
      let message = "";
      const { reply, arrived: arrives } = await mta.send((sender) =>
        message = [`From: <${sender}>`, `Subject: ${edit}`, ...lines, ""].join("\r\n")
      );
      assert.equal(reply.code, 250);
      const arrived = await arrives();
      const expected = await deliver({
        name: "editing",
        content: "mime",
        changes: ["editContent"],
        eom: ({ content }) => EDITS[edit](content),
      }, { message, mta: mta.kind });
      expected.assertAccepted();
      const end = arrived.indexOf("\r\n\r\n");
      const latin1 = Array.from(expected.bodyBytes, (byte) => String.fromCharCode(byte)).join("");
      assert.equal(arrived.slice(end + 4), latin1);
      for (const { name, value } of expected.fields) {
        if (!/^(?:content-|mime-version)/i.test(name)) continue;
        const line = `\r\n${name}: ${value.replaceAll("\n", "\r\n")}\r\n`;
        assert.ok(arrived.slice(0, end + 2).includes(line), `${line} in ${arrived.slice(0, end)}`);
      }
      const ours = expected.fields.filter(({ name }) => /^(?:content-|mime-version)/i.test(name)).length;
      const theirs = arrived.slice(0, end).match(/^(?:content-|mime-version)[\w-]*:/gim)?.length ?? 0;
      assert.equal(theirs, ours, arrived.slice(0, end));
    });
  }
});
