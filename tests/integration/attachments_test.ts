// Attachments behind both MTAs: refused, held, and taken out of messages.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { PROGRAM, zip } from "../attachments/archives.ts";
import { messageWith, part, type PartOf } from "../attachments/messages.ts";
import { type MailServer, newFolder, skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { messageText } from "../support/next_hop.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { SmtpClient, type SmtpReply } from "../support/smtp_client.ts";

const folder = newFolder("milterkit-attachments-");
after(() => rmSync(folder, { recursive: true, force: true }));

const EXE = { name: "a.exe", content: PROGRAM };
/** Bytes of every value, more than a packet of the milter protocol holds. */
const LARGE = { name: "large.bin", content: Uint8Array.from({ length: 200_000 }, (_, at) => at * 7 & 255) };

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
      const milterkit = await Milterkit.start([
        ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json"],
        ...["--filter", "attachments", "--file-name", "*.scr"],
        ...["--filter", "attachments", "--label", "marked", "--file-name", "*.xyz", "--action", "mark"],
        ...[
          "--filter",
          "attachments",
          "--label",
          "stripped",
          "--executable",
          "--action",
          "strip",
          "--keep",
          folder,
        ],
      ]);
      const milters = [milterkit.address];
      const mta = await (name === "Postfix" ? startPostfix({ milters }) : startSendmail({ milters }));
      return { mta, milterkit };
    };

    let count = 0;
    /** Sends a message; gives the reply, and what arrives of it as latin1. */
    const send = async (
      ...files: readonly PartOf[]
    ): Promise<{ reply: SmtpReply; arrived: () => Promise<string> }> => {
      const { mta } = await (started ??= start());
      const sender = `${name.toLowerCase()}-${++count}@example.test`;
      const client = await SmtpClient.connect(mta.port);
      try {
        await client.ehlo();
        const reply = await client.message(sender, ["b@example.net"], messageWith(...files));
        await client.quit();
        const arrived = async () =>
          messageText(await mta.nextHop.waitForMessage(({ mail }) => mail.includes(sender)));
        return { reply, arrived };
      } finally {
        client.destroy();
      }
    };

    it("refuses a name in an archive, and says which", async () => {
      const { reply } = await send({ name: "b.zip", content: zip([{ name: "a.scr", content: "x" }]) });
      assert.equal(reply.code, 550);
      assert.equal(reply.text, "Attachment not accepted: a.scr in b.zip has a name like *.scr");
    });

    it("delivers what has none unchanged", async () => {
      const { reply, arrived } = await send(LARGE);
      assert.equal(reply.code, 250);
      assert.ok((await arrived()).includes(part(LARGE)));
    });

    it("takes a program out, leaves all other bytes, and keeps the original", async () => {
      const { arrived } = await send(LARGE, EXE, { name: "b.xyz", content: "x" });
      const text = await arrived();
      assert.ok(text.includes(part(LARGE)), "the part before it");
      assert.ok(text.includes(part({ name: "b.xyz", content: "x" })), "the part behind it");
      assert.ok(!text.includes(part(EXE)));
      assert.match(text, /The attachment "a\.exe" \(application\/octet-stream, 209 bytes\) was removed/);
      assert.match(text, /^X-Attachments-Found: file-name \(b\.xyz\)$/m);
      const id = /give you the original message: (\S+\.eml)/.exec(text)?.[1];
      assert.ok(id !== undefined && readdirSync(folder).includes(id), id);
      const kept = readFileSync(join(folder, id), "latin1");
      assert.match(kept, new RegExp(`^X-Envelope-From: <${name.toLowerCase()}-`));
      assert.ok(kept.includes(part(EXE)) && kept.includes(part(LARGE)));
    });

    it("says in the log what was found", async () => {
      const { milterkit } = await (started ??= start());
      await send(EXE);
      const records = await milterkit.waitForRecords((record) =>
        record.sender === `${name.toLowerCase()}-${count}@example.test`
      );
      assert.match(JSON.stringify(records), /a\.exe is a program by its name \(\.exe\).*original kept as/);
    });
  });
}
