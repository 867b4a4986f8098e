/**
 * Writes commands in the protocol of Valkey and Redis (RESP): an array of bulk strings, the name of the command first.
 *
 * @module
 */

/**
 * Encodes a command.
 *
 * @param words the name of the command and its arguments; any text
 * @returns the command as text, to be sent as UTF-8
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeCommand } from "./writer.ts";
 *
 * assert.equal(encodeCommand(["GET", "é"]), "*2\r\n$3\r\nGET\r\n$2\r\né\r\n");
 * ```
 */
export function encodeCommand(words: readonly string[]): string {
  let command = `*${words.length}\r\n`;
  for (const word of words) command += `$${utf8Length(word)}\r\n${word}\r\n`;
  return command;
}

/** The length of a text in UTF-8, in bytes. A lone surrogate is sent as U+FFFD, three bytes. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (isPair(text, i, unit)) {
      length += 2;
      i++;
    } else length += 2;
  }
  return length;
}

function isPair(text: string, at: number, unit: number): boolean {
  return (unit & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}
