// Other projects' test messages through the filter, as both MTAs deliver them: what was not meant stays byte for byte.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import { toBytes } from "../../lib/message/text.ts";
import type { MtaKind } from "../../lib/message/mta.ts";
import { type MimeMessage, parseMime, type Part } from "../../lib/mime.ts";
import { deliver } from "../../lib/testing.ts";
import { otherMessages, others } from "../mime/corpus/messages.ts";
import { type CorpusMessage, pythonMessages, pythonProblem } from "../mime/corpus/python_messages.ts";
import { rawBytes } from "../mime/edit/edited.ts";
import { skipFor } from "../support/instance.ts";
import { makeFooter } from "./support.ts";

const FOOTER = "Größe AG, Amtsgericht Köln, HRB 12345";
const idle = defineFilter({ name: "idle" });

for (
  const { whose, messages, it, skip, least } of [
    { whose: "Python's", messages: pythonMessages, it: test, skip: skipFor(pythonProblem()), least: 29 },
    {
      whose: "other libraries'",
      messages: otherMessages,
      it: others.vectorTest,
      skip: others.skip,
      least: 30,
    },
  ]
) {
  for (const mta of ["postfix", "sendmail"] as const) {
    it(`${whose} test messages get a footer behind ${mta}, and nothing else of them changes`, {
      skip,
      timeout: 60_000,
    }, async () => {
      let added = 0;
      for (const message of messages()) if (await check(message, mta)) added++;
      assert.ok(added >= least, `${added} footers`);
    });
  }
}

/** Sends a message with and without the filter, compares, and returns whether it got the footer. */
async function check({ name, bytes }: CorpusMessage, mta: MtaKind): Promise<boolean> {
  const mail = { message: bytes, mta };
  const plain = await deliver(idle, mail);
  // Some are none that an MTA takes.
  if (plain.outcome !== "accept") return false;
  const footed = (await deliver(await makeFooter([["text", FOOTER]]), mail)).assertAccepted();
  const [remark = ""] = footed.notes.flatMap((note) => note.remark ?? []);
  const isAdded = remark.startsWith("footer added to ");
  assert.ok(isAdded || remark.startsWith("no footer: "), `${name}: ${remark}`);
  if (!isAdded) {
    assert.equal(footed.message, plain.message, name);
    return false;
  }
  const [before, after] = [await parseMime(toBytes(plain.message)), await parseMime(toBytes(footed.message))];
  assert.equal(
    await compare(before, after, name),
    (remark.match(/text\/(?:plain|html)/g) ?? []).length,
    remark,
  );
  return true;
}

/** Compares all parts, and returns how many have the footer. */
async function compare(before: MimeMessage, after: MimeMessage, name: string): Promise<number> {
  assert.deepEqual(after.parts.map(({ type }) => type), before.parts.map(({ type }) => type), name);
  let added = 0;
  for (const part of before.parts) {
    const now = after.parts[part.index]!;
    if (part.isMultipart || part.type === "message/rfc822") continue;
    if (Buffer.compare(await rawBytes(now), await rawBytes(part)) === 0) {
      assert.deepEqual(headerOf(now), headerOf(part), name);
      continue;
    }
    const text = await now.text();
    assert.match(
      text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)),
      /Größe AG, Amtsgericht Köln/,
      name,
    );
    added++;
  }
  return added;
}

function headerOf(part: Part): string[] {
  return [...part.headers].map(({ name, value }) => `${name}: ${value}`);
}
