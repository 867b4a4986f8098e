/**
 * The command line of a command: declared as plain data, read in one way.
 *
 * @module
 */

import type { OptionSpec, OptionValues } from "../../lib/options/options.ts";
import { type Help, parseArguments, UsageError } from "./arguments.ts";
import { escapeControlCharacters } from "./control_characters.ts";
import { type OperandKind, splitOperands } from "./operands.ts";

/** What a command's line may hold. */
export interface CommandLineSyntax {
  /** What help says around the options. */
  readonly help: CommandHelp;
  /** Its own options, without those of filters. */
  readonly options: readonly OptionSpec[];
  /** What can stand beside the options. */
  readonly operandKind: OperandKind;
}

/** A command's help. Without a `brief`, its first line is the command's name with its operands. */
export type CommandHelp = Omit<Help, "brief"> & Partial<Pick<Help, "brief">>;

/** How a command was called. */
export interface Invocation {
  /** What stands before its arguments, such as `milterkit bench`. */
  readonly program: string;
  /** What its operands are called in help, such as `[FILE]...`. */
  readonly operands: string;
  /** What stands behind its name. */
  readonly args: readonly string[];
}

/** What a command line says. */
export interface CommandLine {
  /** What errors begin with, such as `milterkit bench`. */
  readonly program: string;
  /** The options. */
  readonly options: OptionValues;
  /** What stands beside them. How many there may be is for the command to say. */
  readonly operands: readonly string[];
}

/**
 * Reads a command line.
 *
 * @param syntax what it may hold
 * @param invocation how the command was called
 * @throws {UsageError} for an unknown option, a value that does not fit, or an operand where none can be
 * @throws {HelpShown} after `--help`
 */
export function readCommandLine(syntax: CommandLineSyntax, invocation: Invocation): CommandLine {
  const { program, args } = invocation;
  const { operands, options } = syntax.operandKind === "none"
    ? { operands: [], options: args }
    : splitOperands(syntax.options, args);
  if (syntax.options.length === 0) refuseOptions(program, options);
  const help = { brief: `${program} ${invocation.operands}`, ...syntax.help };
  return { program, operands, options: parseArguments(program, syntax.options, options, help) };
}

/** Refuses options where a command has none: there is no nearest one to name. */
function refuseOptions(program: string, args: readonly string[]): void {
  const option = args.find((arg) => arg.startsWith("-") && arg !== "--help" && arg !== "-h");
  if (option === undefined) return;
  throw new UsageError(
    `${program}: there is no option ${escapeControlCharacters(option)}; there is only --help`,
  );
}
