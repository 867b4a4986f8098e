/**
 * Makes a name for people and patterns of the file name that a message gives to a part.
 *
 * @module
 */

/** The most bytes of a name, which is what file systems allow. */
const MAX_BYTES = 255;

/** Control characters, and those that change the direction of writing or cannot be seen. */
const HIDDEN =
  // deno-lint-ignore no-control-regex -- they are what is removed
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The longest extension that is kept when a name is shortened, in bytes, with its dot. */
const MAX_EXTENSION = 32;

const encoder = new TextEncoder();

/**
 * The file name in a text that a message gives as one: what follows the last slash or backslash, without control
 * characters and NUL, without the marks that change the direction of writing (with which `exe.fdp` looks like `pdf.exe`)
 * and characters that cannot be seen, and without dots and spaces at its end, which Windows drops. A name of more than 255
 * bytes of UTF-8 is shortened before its extension.
 *
 * The name is for people to read and for patterns. Names of devices, other streams (`a.txt:b`) and names that exist
 * already are not dealt with: choose the names of your own files yourself.
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
  const visible = text.toWellFormed().replace(HIDDEN, "");
  const start = Math.max(visible.lastIndexOf("/"), visible.lastIndexOf("\\")) + 1;
  const name = withoutEnd(visible.slice(start)).trimStart().replace(/^[a-z]:(?=.)/i, "");
  return name === "" ? undefined : shortened(name);
}

/** A name without the dots and spaces at its end. */
function withoutEnd(name: string): string {
  let end = name.length;
  while (end > 0 && /[. ]/.test(name.charAt(end - 1))) end--;
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
  return withoutEnd(stem + kept);
}
