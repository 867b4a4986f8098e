/**
 * The option `--socket-mode`.
 *
 * @module
 */

import { UsageError } from "./arguments.ts";

/**
 * The permissions that it names.
 *
 * @param program what to begin an error with, such as `milterkit serve`
 * @param text octal digits
 * @throws {UsageError} for anything else
 */
export function socketMode(program: string, text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return parseInt(text, 8);
  const wrong = `Invalid --socket-mode ${JSON.stringify(text)}`;
  throw new UsageError(`${program}: ${wrong}: want three octal digits, such as 660`);
}
