/**
 * Finds files that stand in a text as uuencode writes them, which Outlook shows as attachments.
 *
 * @module
 */

import { latin1Bytes, latin1Text, utf8Text } from "../../lib/message/text.ts";
import { fileNameOf } from "../../lib/mime/file_name.ts";

/** The most bytes of a line that are looked at: no program writes a longer name. */
const LONGEST_LINE = 1000;
/** The most files that are looked at. */
const MOST_FILES = 100;
const FIRST_LINE = /^begin(?:-base64)? [0-7]{3,4} (.+)$/;

/**
 * The names of the files in a text.
 *
 * @param text the text as bytes, in pieces
 */
export async function uuencodedNames(text: AsyncIterable<Uint8Array>): Promise<string[]> {
  const names: string[] = [];
  const look = (line: string) => {
    const [, bytes] = FIRST_LINE.exec(line.trimEnd()) ?? [];
    const name = bytes === undefined ? undefined : fileNameOf(utf8Text(latin1Bytes(bytes)));
    if (name !== undefined && names.length < MOST_FILES) names.push(name);
  };
  let rest = "";
  for await (const bytes of text) {
    const lines = latin1Text(bytes).split("\n");
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!.slice(0, LONGEST_LINE);
    for (const line of lines) if (line.startsWith("begin")) look(line);
  }
  look(rest);
  return names;
}
