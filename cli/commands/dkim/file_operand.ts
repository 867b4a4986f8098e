/**
 * The operand of actions that read a message.
 *
 * @module
 */

import { UsageError } from "../../terminal/arguments.ts";
import type { CommandLine } from "../../terminal/command_line.ts";

/**
 * The one FILE of a command line.
 *
 * @throws {UsageError} if there is none, or more than one
 */
export function fileOperand({ program, operands }: CommandLine): string {
  const [file, second] = operands;
  if (second !== undefined) throw new UsageError(`${program}: want one FILE, not ${operands.length}`, second);
  if (file !== undefined) return file;
  throw new UsageError(`${program}: want a FILE with a message, or - for standard input`);
}
