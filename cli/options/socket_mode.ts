/**
 * Parses the value of `--socket-mode`.
 *
 * @module
 */

import { invalidArgument } from "../terminal/arguments.ts";

/**
 * Parses permissions.
 *
 * @param program the prefix of error messages, such as `milterkit serve`
 * @param text three octal digits
 * @throws {UsageError} for anything else, and for permissions that let nobody connect
 */
export function socketMode(program: string, text: string): number {
  const fail = (reason: string): never => {
    throw invalidArgument(program, "--socket-mode", text, reason);
  };
  if (!/^0?[0-7]{3}$/.test(text)) return fail("want three octal digits, such as 660");
  const mode = parseInt(text, 8);
  // unix(7): to connect takes write permission.
  return mode & 0o222
    ? mode
    : fail("nobody could connect, since that needs write permission; want for example 660");
}
