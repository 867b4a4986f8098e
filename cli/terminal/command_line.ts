/**
 * Reads the command line of a command, which declares its options and operands as plain data.
 *
 * @module
 */

import type { OptionValues } from "../../lib/options/options.ts";
import { type CommandOption, type Help, parseArguments, UsageError } from "./arguments.ts";
import { escapeControlCharacters } from "./control_characters.ts";
import { type OperandKind, splitOperands } from "./operands.ts";

/** What a command line may contain. */
export interface CommandLineSyntax {
  /** The help text without the options. */
  readonly help: CommandHelp;
  /** The command's own options, without those of filters. */
  readonly options: readonly CommandOption[];
  /** What its operands are. */
  readonly operandKind: OperandKind;
}

/** The help text of a command. Without `brief`, its first line is the command's name and operands. */
export type CommandHelp = Omit<Help, "brief"> & Partial<Pick<Help, "brief">>;

/** How a command was called. */
export interface Invocation {
  /** The words before its arguments, such as `milterkit bench`. */
  readonly program: string;
  /** Its operands as help shows them, such as `[FILE]...`. */
  readonly operands: string;
  /** The arguments after its name. */
  readonly args: readonly string[];
}

/** A command line that was read. */
export interface CommandLine {
  /** What error messages begin with, such as `milterkit bench`. */
  readonly program: string;
  /** The options. */
  readonly options: OptionValues;
  /** The operands. The command itself checks how many there are. */
  readonly operands: readonly string[];
}

/**
 * Reads a command line.
 *
 * @param syntax what it may contain
 * @param invocation how the command was called
 * @throws {UsageError} for an unknown option, an invalid value, or an operand of a command that takes none
 * @throws {HelpShown} after `--help`
 */
export function readCommandLine(syntax: CommandLineSyntax, invocation: Invocation): CommandLine {
  const { program, args } = invocation;
  const { operands, options } = syntax.operandKind === "none"
    ? { operands: [], options: args }
    : splitOperands(syntax.options, args);
  if (syntax.options.length === 0) refuseOptions(program, options);
  const help = { brief: `${program} ${invocation.operands}`.trimEnd(), ...syntax.help };
  return { program, operands, options: parseArguments(program, syntax.options, options, help) };
}

/** Refuses options of a command that has none: there is no similar one to suggest. */
function refuseOptions(program: string, args: readonly string[]): void {
  const option = args.find((arg) => arg.startsWith("-") && arg !== "--help" && arg !== "-h");
  if (option === undefined) return;
  throw new UsageError(
    `${program}: there is no option ${escapeControlCharacters(option)}; there is only --help`,
  );
}
