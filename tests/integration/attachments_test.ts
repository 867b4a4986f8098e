// Attachments behind both MTAs: refused, held, and taken out of messages.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, it } from "node:test";
import { PROGRAM, zip } from "../attachments/archives.ts";
import { messageWith, part, type PartOf } from "../attachments/messages.ts";
import { behindEachMta } from "../support/behind_each_mta.ts";
import { newFolder } from "../support/instance.ts";

const folder = newFolder("milterkit-attachments-");
after(() => rmSync(folder, { recursive: true, force: true }));

const EXE = { name: "a.exe", content: PROGRAM };
/** Bytes of every value, more than a packet of the milter protocol holds. */
const LARGE = { name: "large.bin", content: Uint8Array.from({ length: 200_000 }, (_, at) => at * 7 & 255) };

const FILTERS = [
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
];

await behindEachMta(FILTERS, (mta) => {
  const send = (...files: readonly PartOf[]) => mta.send(() => messageWith(...files));

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
    assert.match(kept, new RegExp(`^X-Envelope-From: <${mta.kind}-`));
    assert.ok(kept.includes(part(EXE)) && kept.includes(part(LARGE)));
  });

  it("says in the log what was found", async () => {
    const { sender } = await send(EXE);
    const records = await (await mta.milterkit()).waitForRecords((record) => record.sender === sender);
    assert.match(JSON.stringify(records), /a\.exe is a program by its name \(\.exe\).*original kept as/);
  });
});
