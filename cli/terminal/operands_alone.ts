/**
 * Commands that have operands and no options.
 *
 * @module
 */

import { type Help, parseArguments, UsageError } from "./arguments.ts";
import { showControls } from "./controls.ts";
import { splitOperands } from "./operands.ts";

/**
 * Reads the command line of a command without options.
 *
 * @param program what stands before it, such as `milterkit new`
 * @param args the command line behind it
 * @param help what `--help` shows
 * @returns the operands
 * @throws {UsageError} for an option
 * @throws {HelpShown} after `--help`
 */
export function operandsAlone(program: string, args: readonly string[], help: Help): readonly string[] {
  const { operands, options } = splitOperands([], args);
  const unknown = options.find((option) => option !== "--help" && option !== "-h");
  if (unknown !== undefined) {
    throw new UsageError(
      `${program}: there is no option ${showControls(unknown)}; there is only --help`,
      unknown,
    );
  }
  parseArguments(program, [], options, help);
  return operands;
}
