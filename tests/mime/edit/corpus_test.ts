// Edits of other projects' test messages: parts that were not meant stay byte for byte, and Python's email agrees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { readBy, type ReadPart } from "../corpus/judges.ts";
import { otherMessages, others } from "../corpus/messages.ts";
import { type CorpusMessage, pythonMessages, pythonProblem } from "../corpus/python_messages.ts";
import { checkAddedText, checkReplaced, type Edited } from "./edited.ts";

const TOP = { text: "Top: Größe", html: "<p>Top: size</p>" };
const END = { text: "End: 日本", html: "<p>End: Japan</p>" };
const NOTE = { text: "A file was here: Größe" };

for (
  const { whose, messages, it, skip, least } of [
    {
      whose: "Python's test messages",
      messages: pythonMessages,
      it: test,
      skip: skipFor(pythonProblem()),
      least: { texts: 60, parts: 160 },
    },
    {
      whose: "the test messages of MIME::tools, postal-mime and mailparser",
      messages: otherMessages,
      it: others.vectorTest,
      skip: others.skip,
      least: { texts: 50, parts: 240 },
    },
  ]
) {
  it(`text is added to ${whose}, and nothing else changes`, { skip, timeout: 60_000 }, async () => {
    const edits = await edited(messages(), (bytes) => checkAddedText(bytes, TOP, END));
    const texts = edits.flatMap(({ edited }) => edited.results.flatMap(({ changed }) => changed));
    assert.ok(texts.length >= least.texts, `${texts.length} texts`);
    await judge(
      edits,
      ({ results }) => new Set(results.flatMap(({ changed }) => changed.map(({ index }) => index))),
    );
  });

  it(
    `each part of ${whose} is replaced, and nothing else changes`,
    { skip, timeout: 60_000 },
    async () => {
      await each(messages(), least.parts, (bytes, index) => checkReplaced(bytes, index, NOTE));
    },
  );

  it(
    `each part of ${whose} is removed, and nothing else changes`,
    { skip, timeout: 60_000 },
    async () => {
      await each(messages(), least.parts, (bytes, index) => checkReplaced(bytes, index));
    },
  );
}

interface Edit {
  readonly message: CorpusMessage;
  readonly edited: Edited;
}

/** Edits each message, and says of which one a check failed. */
function edited(
  messages: readonly CorpusMessage[],
  edit: (bytes: Uint8Array) => Promise<Edited>,
): Promise<Edit[]> {
  return Promise.all(messages.map(async (message) => {
    try {
      return { message, edited: await edit(message.bytes) };
    } catch (error) {
      (error as Error).message += `\nin ${message.name}`;
      throw error;
    }
  }));
}

async function each(
  messages: readonly CorpusMessage[],
  least: number,
  edit: (bytes: Uint8Array, index: number) => Promise<Edited>,
): Promise<void> {
  let parts = 0;
  await edited(messages, async (bytes) => {
    let last = await edit(bytes, 0);
    for (let index = 1; index < last.before.parts.length; index++) last = await edit(bytes, index);
    parts += last.before.parts.length;
    return last;
  });
  assert.ok(parts >= least, `${parts} parts`);
}

/** Python reads the same parts before and after, except those that were meant. */
async function judge(edits: readonly Edit[], meant: (edited: Edited) => ReadonlySet<number>): Promise<void> {
  const before = await readBy("python", edits.map(({ message }) => message));
  const after = await readBy(
    "python",
    edits.map(({ message, edited }) => ({ ...message, bytes: edited.bytes })),
  );
  for (const [i, { message, edited }] of edits.entries()) {
    const [old, now] = [before[i]!, after[i]!];
    assert.deepEqual(now.map(shape), old.map(shape), message.name);
    // Where Python finds other parts, it is the corpus test that says why.
    if (old.length !== edited.before.parts.length) continue;
    for (const [index, part] of now.entries()) {
      if (meant(edited).has(index)) assert.notDeepEqual(part, old[index], message.name);
      else assert.deepEqual(part, old[index], `${message.name}, part ${index}`);
    }
  }
}

function shape({ depth, type, name }: ReadPart): unknown {
  return { depth, type, name };
}
