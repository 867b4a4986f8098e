// Every named file is taken out of other projects' test messages: all other parts stay byte for byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../lib/testing.ts";
import { latin1Bytes, latin1Text, toBytes } from "../../lib/message/text.ts";
import { type MimeMessage, parseMime } from "../../lib/mime/parse_mime.ts";
import type { Part } from "../../lib/mime/part.ts";
import { otherMessages, others } from "../mime/corpus/messages.ts";
import { type CorpusMessage, pythonMessages, pythonProblem } from "../mime/corpus/python_messages.ts";
import { uuencodedNames } from "../../filters/attachments/uuencoded.ts";
import { skipFor } from "../support/instance.ts";
import { makeAttachments } from "./support.ts";

interface Count {
  removed: number;
  same: number;
}

/** A part with its header, as it is in the message. */
function bytesOf(part: Part, message: string): string {
  return message.slice(part.info.headerStart, part.info.end);
}

/** Whether the filter must take out a part, or cannot since it is signed or encrypted. */
const isNamed = (part: Part) => part.fileNames.length > 0 && !(part.isMultipart && part.children.length > 0);

/** Whether a file stands in its text. */
async function holdsFile(part: Part): Promise<boolean> {
  return part.type.startsWith("text/") && !(await uuencodedNames(part.stream()).next()).done;
}

/** The part whose place a note takes: what is encoded as a whole goes as a whole. */
function replaceable(part: Part): Part {
  return part.container === undefined ? part : replaceable(part.container);
}

async function compare(
  before: MimeMessage,
  text: string,
  after: MimeMessage,
  newText: string,
): Promise<Count> {
  const named: Part[] = [];
  for (const part of before.parts) if (isNamed(part) || await holdsFile(part)) named.push(part);
  const removed = new Set(
    named.map(replaceable).filter((part) => !part.isSigned && !part.isEncrypted),
  );
  const isInside = (part: Part): boolean =>
    part.parent !== undefined && (removed.has(part.parent) || isInside(part.parent));
  const left = before.parts.filter((part) => !isInside(part));
  assert.equal(
    after.parts.length,
    left.length,
    "no part comes or goes but what is inside of one that was removed",
  );
  const count = { removed: 0, same: 0 };
  for (const [index, old] of left.entries()) {
    const now = after.parts[index]!;
    if (removed.has(old)) {
      count.removed++;
      assert.equal(now.type, "text/plain");
      assert.match(await now.text(), /was removed from this message/);
    } else if (old.children.length === 0) {
      count.same++;
      if (old.container) assert.deepEqual(await now.bytes(), await old.bytes());
      // The header of the message itself is the MTA's to write.
      else if (old.parent === undefined) assert.deepEqual(await now.bytes(), await old.bytes());
      else assert.equal(bytesOf(now, newText), bytesOf(old, text), `part ${index}, ${old.type}`);
    }
  }
  return count;
}

async function strip(messages: readonly CorpusMessage[]): Promise<Count> {
  const given = [["file-name", "*"], ["except-file-name", "unnamed"], ["action", "strip"], [
    "keep-nothing",
    "true",
  ], [
    "on-unstrippable",
    "mark",
  ]] as const;
  const filter = await makeAttachments(...given, ["archive-depth", "0"]);
  const pass = await makeAttachments(["file-name", "no file is called so"]);
  const all = { removed: 0, same: 0 };
  for (const { name, bytes } of messages) {
    try {
      const before = (await deliver(pass, { message: bytes })).assertAccepted();
      const after = (await deliver(filter, { message: bytes })).assertAccepted();
      const [text, newText] = [before, after].map(({ message }) => latin1Text(toBytes(message))) as [
        string,
        string,
      ];
      const { removed, same } = await compare(
        await parseMime(latin1Bytes(text)),
        text,
        await parseMime(latin1Bytes(newText)),
        newText,
      );
      all.removed += removed;
      all.same += same;
    } catch (error) {
      (error as Error).message += `\nin ${name}`;
      throw error;
    }
  }
  return all;
}

test("named files are taken out of Python's test messages, and nothing else changes", {
  skip: skipFor(pythonProblem()),
  timeout: 60_000,
}, async () => {
  const { removed, same } = await strip(pythonMessages());
  assert.ok(removed >= 11 && same >= 100, `${removed} removed, ${same} the same`);
});

others.vectorTest("and out of those of MIME::tools, postal-mime and mailparser", {
  skip: others.skip,
  timeout: 60_000,
}, async () => {
  const { removed, same } = await strip(otherMessages());
  assert.ok(removed >= 53 && same >= 106, `${removed} removed, ${same} the same`);
});
