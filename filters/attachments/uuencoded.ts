/**
 * Finds uuencoded files inside a text, which Outlook shows as attachments.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import { latin1Bytes, latin1Text, utf8Text } from "../../lib/message/text.ts";
import { fileNameOf } from "../../lib/mime/file_name.ts";

/** How many bytes of a line are examined: no program writes a longer name. */
const LONGEST_LINE = 1000;
/** After this many files, the event loop gets a turn: a message in memory is read without waiting. */
const BREATHE_AFTER = 200;
const FIRST_LINE = /^begin(?:-base64)?[ \t]+[0-7]{3,4}[ \t]+(.+)$/;

/**
 * The names of the files in a text.
 *
 * @param text the text as bytes, in pieces
 */
export async function* uuencodedNames(text: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let files = 0;
  for await (const line of linesThatBegin(text)) {
    const [, bytes] = FIRST_LINE.exec(line.trimEnd()) ?? [];
    const name = bytes === undefined ? undefined : fileNameOf(utf8Text(latin1Bytes(bytes)));
    if (name === undefined) continue;
    yield name;
    if (++files % BREATHE_AFTER === 0) await setImmediate();
  }
}

/** The lines that may be the first ones of files. */
async function* linesThatBegin(text: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const bytes of text) {
    const lines = latin1Text(bytes).split("\n");
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!.slice(0, LONGEST_LINE);
    for (const line of lines) if (line.startsWith("begin")) yield line;
  }
  if (rest.startsWith("begin")) yield rest;
}
