/**
 * Messages on standard error.
 *
 * @module
 */

import process from "node:process";
import { escapeControlCharacters } from "./control_characters.ts";

/**
 * Prints a line on standard error, after the program's name.
 *
 * @param text what to say; control characters in it are escaped
 */
export function printMessage(text: string): void {
  process.stderr.write(`milterkit: ${escapeControlCharacters(text)}\n`);
}
