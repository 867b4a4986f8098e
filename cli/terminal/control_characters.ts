/**
 * Text of others on a terminal.
 *
 * @module
 */

import { legibleText } from "../../lib/protocol/text.ts";

/** Characters that end a line or move a terminal's cursor. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** The text with each control character shown as `\\x1b`; bytes that are not UTF-8 as latin1. */
export function escapeControlCharacters(text: string): string {
  return legibleText(text).replace(CONTROLS, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
