/**
 * The option `--socket-mode`.
 *
 * @module
 */

import { UsageError } from "../terminal/arguments.ts";

/**
 * The permissions that it names.
 *
 * @param program what to begin an error with, such as `milterkit serve`
 * @param text octal digits
 * @throws {UsageError} for anything else
 */
export function socketMode(program: string, text: string): number {
  const fail = (reason: string): never => {
    throw new UsageError(`${program}: Invalid --socket-mode ${JSON.stringify(text)}: ${reason}`, text);
  };
  if (!/^0?[0-7]{3}$/.test(text)) return fail("want three octal digits, such as 660");
  const mode = parseInt(text, 8);
  // unix(7): to connect takes write permission.
  return mode & 0o222 ? mode : fail("nobody could connect, which takes write permission; want such as 660");
}
