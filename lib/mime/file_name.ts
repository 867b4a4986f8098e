/**
 * Cleans the file name that a message gives to a part, for display and patterns.
 *
 * @module
 */

/** The maximum length of a name in bytes, as in file systems. */
const MAX_BYTES = 255;

/** Control characters, and those that change the writing direction or are invisible. */
const HIDDEN =
  // deno-lint-ignore no-control-regex -- they are what is removed
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The longest extension that is kept when a name is shortened, in bytes, with its dot. */
const MAX_EXTENSION = 32;

const encoder = new TextEncoder();

/**
 * Cleans a file name given in a message: takes what follows the last slash or backslash, without control characters and
 * NUL, without marks that change the writing direction (which make `exe.fdp` look like `pdf.exe`), without invisible
 * characters, and without trailing dots and spaces, which Windows drops, and trailing slashes, which programs drop or
 * replace. A name of more than 255 bytes of UTF-8 is shortened before its extension.
 *
 * The name is for display and for patterns. Device names, alternate streams (`a.txt:b`) and existing files are not
 * handled: choose the names of files that you write yourself.
 *
 * @param text the decoded text, as `parseParameters` returns it
 * @returns undefined if nothing is left
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fileNameOf } from "./file_name.ts";
 *
 * assert.equal(fileNameOf("C:\\Temp\\Invoice.exe. "), "Invoice.exe");
 * assert.equal(fileNameOf("../../etc/passwd"), "passwd");
 * assert.equal(fileNameOf(".."), undefined);
 * ```
 */
export function fileNameOf(text: string): string | undefined {
  const path = without(/[/\\. ]/, text.toWellFormed().replace(HIDDEN, ""));
  const start = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1;
  const name = path.slice(start).trimStart().replace(/^[a-z]:(?=.)/i, "");
  return name === "" ? undefined : shortened(name);
}

/** A name without such characters at its end. */
function without(characters: RegExp, name: string): string {
  let end = name.length;
  while (end > 0 && characters.test(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

function shortened(name: string): string {
  if (encoder.encode(name).length <= MAX_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 ? name.slice(dot) : "";
  const kept = encoder.encode(extension).length <= MAX_EXTENSION ? extension : "";
  let room = MAX_BYTES - encoder.encode(kept).length;
  let stem = "";
  for (const char of name) {
    room -= encoder.encode(char).length;
    if (room < 0) break;
    stem += char;
  }
  return without(/[. ]/, stem + kept);
}
