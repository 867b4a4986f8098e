// Edits a message, and checks what must hold for every message, whatever is in it.
import assert from "node:assert/strict";
import { type ByteSource, bytesSource } from "../../../lib/mime/byte_source.ts";
import type { TextAddition } from "../../../lib/mime/edit/text_addition.ts";
import type { EditResult } from "../../../lib/mime/edit/edit_result.ts";
import { MimeEditor } from "../../../lib/mime/edit/editor.ts";
import type { Replacement } from "../../../lib/mime/edit/replacement.ts";
import { type MimeMessage, parseMime } from "../../../lib/mime/parse_mime.ts";
import type { Part } from "../../../lib/mime/part.ts";
import { concatenated } from "../../../lib/mime/transfer/concatenated.ts";
import { latin1Bytes, latin1Text } from "../../../lib/protocol/text.ts";

/** A message before and after edits. */
export interface Edited {
  readonly before: MimeMessage;
  readonly after: MimeMessage;
  /** The message as bytes, after. */
  readonly bytes: Uint8Array;
  readonly results: readonly EditResult[];
}

/** Edits a message; the callback gets its parts. */
export async function edit(
  message: Uint8Array,
  edits: (editor: MimeEditor, message: MimeMessage) => Promise<readonly EditResult[]>,
): Promise<Edited> {
  const source = inSmallPieces(message);
  const before = await parseMime(source);
  const editor = new MimeEditor(before, source);
  const results = await edits(editor, before);
  const pieces: Uint8Array[] = [];
  for await (const piece of editor.body()) pieces.push(piece.slice());
  const bytes = concatenated(pieces);
  assert.equal(editor.isChanged, results.some(({ done }) => done));
  if (!editor.isChanged) assert.deepEqual(bytes, message, "nothing is to change");
  return { before, after: await parseMime(bytes), bytes, results };
}

/** What comes in pieces shows whether anybody relies on their sizes. */
function inSmallPieces(bytes: Uint8Array): ByteSource {
  const source = bytesSource(bytes);
  const size = bytes.length < 20_000 ? 100 : 5000;
  return {
    size: source.size,
    async *read(start, end) {
      for await (const piece of source.read(start, end)) {
        for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size);
      }
    },
  };
}

/** Edits a message that is given as text with LF, a character for each byte, and returns the result in the same form. */
export async function editText(
  message: string,
  edits: (editor: MimeEditor, message: MimeMessage) => Promise<readonly EditResult[]>,
): Promise<{ text: string; results: readonly EditResult[]; after: MimeMessage }> {
  const edited = await edit(latin1Bytes(message.replaceAll("\n", "\r\n")), edits);
  const text = latin1Text(edited.bytes);
  assert.ok(!/[^\r]\n/.test(text), "all line ends are CRLF");
  return { ...edited, text: text.replaceAll("\r\n", "\n") };
}

/** A message after text was added to it. */
export function withText(
  message: string,
  addition: TextAddition,
): Promise<{ text: string; results: readonly EditResult[]; after: MimeMessage }> {
  return editText(message, async (editor) => [await editor.addText(addition)]);
}

/** Adds text to a message at both ends, and checks it. */
export async function checkAddedText(
  message: Uint8Array,
  top: TextAddition,
  end: TextAddition,
): Promise<Edited> {
  const edited = await edit(
    message,
    async (
      editor,
    ) => [await editor.addText({ ...top, at: "top" }), await editor.addText({ ...end, at: "end" })],
  );
  const { before, after, results } = edited;
  const [atTop, atEnd] = results.map(({ changed }) => changed);
  const changed = new Set([...atTop!, ...atEnd!]);
  assert.equal(after.parts.length, before.parts.length, "no part comes or goes");
  for (const part of before.parts) {
    const now = after.parts[part.index]!;
    assert.equal(now.type, part.type, "types stay");
    if (!changed.has(part)) await sameUnlessAround(part, now, changed);
    else {
      assert.ok(!part.isSigned && !part.isEncrypted, "what is signed or encrypted stays");
      await checkText(
        part,
        now,
        atTop!.includes(part) ? top : undefined,
        atEnd!.includes(part) ? end : undefined,
      );
    }
  }
  return edited;
}

/** The letters of the old text are all there, in order, with those of the additions around or among them. */
async function checkText(
  before: Part,
  after: Part,
  top: TextAddition | undefined,
  end: TextAddition | undefined,
): Promise<void> {
  const [old, now] = [await before.text(), await after.text()];
  if (before.type === "text/html") {
    for (const { html } of [top, end].filter((each) => each !== undefined)) {
      assert.ok(now.includes(html!), `HTML has ${html}: ${JSON.stringify(now)}`);
    }
    const without = [top, end].reduce((text, each) => each ? text.replace(`${each.html}\n`, "") : text, now);
    assert.equal(without.replace(/\s/g, ""), old.replace(/\s/g, ""), "the rest of the HTML stays");
    return;
  }
  const start = top ? now.indexOf(top.text) + top.text.length : 0;
  const stop = end ? now.lastIndexOf(end.text) : now.length;
  if (top) {
    assert.ok(
      now.replace(/^\ufeff/, "").startsWith(top.text),
      `the top is the first: ${JSON.stringify(now)}`,
    );
  }
  if (end) assert.ok(now.trimEnd().endsWith(end.text), `the end is the last: ${JSON.stringify(now)}`);
  assert.equal(now.slice(start, stop).trim(), old.trim(), "the rest of the text stays");
}

/** A part that was not meant stays byte for byte, except where one inside it changed. */
async function sameUnlessAround(before: Part, after: Part, changed: ReadonlySet<Part>): Promise<void> {
  if (before.index === 0 || !hasInside(before, changed)) {
    assert.deepEqual(
      [...after.headers].map(({ name, value }) => [name, value]),
      [...before.headers].map(({ name, value }) => [name, value]),
      "the header of a part that was not meant stays",
    );
  }
  if (hasInside(before, changed)) return;
  assert.deepEqual(
    await rawBytes(after),
    await rawBytes(before),
    "a part that was not meant stays byte for byte",
  );
}

function hasInside(part: Part, changed: ReadonlySet<Part>): boolean {
  return part.children.some((child) => changed.has(child) || hasInside(child, changed));
}

/** The content of a part as it was sent. */
export async function rawBytes(part: Part): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of part.raw()) pieces.push(piece.slice());
  return concatenated(pieces);
}

/** Removes or replaces a part, and checks that all others stay. */
export async function checkReplaced(
  message: Uint8Array,
  index: number,
  replacement?: Replacement,
): Promise<Edited> {
  const edited = await edit(message, async (editor, { parts }) => {
    const part = parts[index]!;
    return [replacement ? await editor.replace(part, replacement) : await editor.remove(part)];
  });
  const { before, after, results: [result] } = edited;
  const part = before.parts[index]!;
  if (!result!.done) {
    assert.ok(
      part.container || part.parent?.isSigned || part.parent?.isEncrypted,
      "it is done if nothing is against it",
    );
    return edited;
  }
  const kept = before.parts.filter((each) => !isIn(each, part));
  const isGone = !replacement && part.parent?.isMultipart && part.parent.children.length > 1;
  const now = isGone ? after.parts : after.parts.filter((each) => each.index !== index);
  assert.equal(now.length, kept.length, "all other parts are there, and no more");
  for (const [i, each] of kept.entries()) {
    if (each.children.some((child) => isIn(part, child))) continue;
    assert.equal(now[i]!.type, each.type);
    assert.deepEqual(
      await rawBytes(now[i]!),
      await rawBytes(each),
      "a part that was not meant stays byte for byte",
    );
  }
  if (replacement?.text !== undefined) {
    assert.equal((await after.parts[index]!.text()).trimEnd(), replacement.text.trimEnd());
  }
  if (replacement?.bytes !== undefined) {
    assert.deepEqual(await after.parts[index]!.bytes(), replacement.bytes);
  }
  return edited;
}

/** Whether a part is another one or inside it. */
function isIn(part: Part | undefined, other: Part): boolean {
  return part !== undefined && (part === other || isIn(part.parent, other));
}
