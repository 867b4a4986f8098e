/**
 * The shape of a command: its entry in the list, and the object in its folder.
 *
 * @module
 */

import type { CommandLineSyntax, Invocation } from "../terminal/command_line.ts";

/** A command, or an action of one: what its line may hold, and what it does. */
export interface CliCommand extends CommandLineSyntax {
  /** Whether there can be `--filter NAME` with options behind it. */
  readonly takesFilters?: boolean;
  /** What its first word can be, where that chooses what is done: `config check FILE`. */
  readonly actions?: readonly CliAction[];
  /**
   * Whether mail passes through it until it is stopped. Mail then matters more than what it prints, and whoever stops it
   * wants it to end.
   */
  readonly isService?: boolean;
  /**
   * Runs the command.
   *
   * @param invocation how it was called
   * @returns the exit code, see `EXIT_CODES`
   * @throws {UsageError} for a command line that cannot be carried out
   * @throws {HelpShown} after `--help`
   */
  run(invocation: Invocation): number | Promise<number>;
}

/** What a command does where its first word is this one, such as `check` of `milterkit config`. */
export interface CliAction extends CliCommand {
  /** The word. */
  readonly name: string;
  /** What stands behind it. */
  readonly operands: string;
}

/** A command in the list: what help says of it without loading it. */
export interface CommandEntry {
  /** Its name. */
  readonly name: string;
  /** What stands behind the name. */
  readonly operands: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** Loads it. A compiled executable holds only modules that a literal `import()` names. */
  load(): Promise<CliCommand>;
}
