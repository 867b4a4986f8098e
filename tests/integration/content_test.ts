// What a filter edits of a message, as both MTAs deliver it: the same that the testing kit says.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { ContentEditor } from "../../mod.ts";
import { deliver } from "../../lib/testing.ts";
import { type MailServer, newFolder, skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { messageText } from "../support/next_hop.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { SmtpClient } from "../support/smtp_client.ts";

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

for (const name of ["Postfix", "Sendmail"] as const) {
  const problem = await (name === "Postfix" ? postfixProblem() : sendmailProblem());
  describe(name, { skip: skipFor(problem), timeout: 120_000 }, () => {
    let started: Promise<{ mta: MailServer; milterkit: Milterkit }> | undefined;
    after(async () => {
      const running = await started;
      await running?.mta.stop();
      await running?.milterkit.stop();
    });
    const start = async () => {
      const path = join(folder, `${name}.ts`);
      writeFileSync(path, FILTER);
      const milterkit = await Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", "--filter", path]);
      const milters = [milterkit.address];
      const mta = await (name === "Postfix" ? startPostfix({ milters }) : startSendmail({ milters }));
      return { mta, milterkit };
    };

    for (const [i, [edit, what, lines]] of MESSAGES.entries()) {
      it(`delivers ${what}, ${edit}`, async () => {
        const { mta } = await (started ??= start());
        const sender = `${name.toLowerCase()}-${i}@example.test`;
        const message = [`From: <${sender}>`, `Subject: ${edit}`, ...lines, ""].join("\r\n");
        const client = await SmtpClient.connect(mta.port);
        try {
          await client.ehlo();
          assert.equal((await client.message(sender, ["b@example.net"], message)).code, 250);
          await client.quit();
        } finally {
          client.destroy();
        }
        const arrived = messageText(await mta.nextHop.waitForMessage(({ mail }) => mail.includes(sender)));
        const expected = await deliver({
          name: "editing",
          content: "mime",
          changes: ["editContent"],
          eom: ({ content }) => EDITS[edit](content),
        }, { message, mta: name === "Postfix" ? "postfix" : "sendmail" });
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
}
