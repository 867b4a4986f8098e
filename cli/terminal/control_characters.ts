/**
 * Makes text from outside safe to print on a terminal.
 *
 * @module
 */

import { legibleText } from "../../lib/protocol/text.ts";

/** Characters that end a line or move a terminal's cursor. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Escapes each control character, such as ESC as `\x1b`. Bytes that are not UTF-8 are decoded as Latin-1. */
export function escapeControlCharacters(text: string): string {
  return legibleText(text).replace(CONTROLS, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
