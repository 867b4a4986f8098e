/**
 * What a command consists of: its entry in the list, and the object that its folder exports.
 *
 * @module
 */

import type { CommandLineSyntax, Invocation } from "../terminal/command_line.ts";

/** A command, or an action of one: what its command line may contain, and what it does. */
export interface CliCommand extends CommandLineSyntax {
  /** Whether it accepts `--filter NAME`, followed by the options of that filter. */
  readonly takesFilters?: boolean;
  /** Its actions, if its first word selects one, as in `config check FILE`. */
  readonly actions?: readonly CliAction[];
  /**
   * Whether it handles mail until it is stopped. Mail then matters more than output: when stopped, it ends even if
   * nobody reads what it printed.
   */
  readonly isService?: boolean;
  /**
   * Runs the command.
   *
   * @param invocation how it was called
   * @returns the exit code, see `EXIT_CODES`
   * @throws {UsageError} if the command line is wrong
   * @throws {HelpShown} after `--help`
   */
  run(invocation: Invocation): number | Promise<number>;
}

/** An action of a command, selected by its first word, such as `check` in `milterkit config check FILE`. */
export interface CliAction extends CliCommand {
  /** The word that selects it. */
  readonly name: string;
  /** Its operands as help shows them, such as `FILE`. */
  readonly operands: string;
}

/** A command's entry in the list: what help needs, without loading the command. */
export interface CommandEntry {
  /** Its name. */
  readonly name: string;
  /** Its operands and most important options as help shows them, such as `[FILE]...`. */
  readonly operands: string;
  /** What it does, in a line that begins with an imperative. */
  readonly summary: string;
  /** Loads the command. A compiled executable contains only modules that a literal `import()` names. */
  load(): Promise<CliCommand>;
}
