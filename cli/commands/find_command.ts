/**
 * Finds the command that a command line names.
 *
 * @module
 */

import type { Invocation } from "../terminal/command_line.ts";
import type { CommandEntry } from "./command.ts";

/** A command line that names no command. */
export class UnknownCommandError extends Error {
  override readonly name = "UnknownCommandError";
  /** Always `unknown-command`. */
  readonly code = "unknown-command";
  /** What was asked for. */
  readonly value: string;

  /**
   * @param value what was asked for
   * @param nearest the command whose name is most like it
   */
  constructor(value: string, nearest: string) {
    super(`milterkit: there is no command ${value}; did you mean ${nearest}?`);
    this.value = value;
  }
}

/**
 * Finds a command by its name.
 *
 * @param commands the commands to look among
 * @param name the name
 * @returns the command's entry, with nothing loaded
 * @throws {UnknownCommandError} naming the nearest one that there is
 */
export async function findCommand(commands: readonly CommandEntry[], name: string): Promise<CommandEntry> {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const { nearest } = await import("../../lib/options/nearest.ts");
  throw new UnknownCommandError(name, nearest(name, commands.map((command) => command.name)));
}

/**
 * Calls a command by its entry.
 *
 * @param entry the command's entry
 * @param args the words behind its name
 */
export function invocationOf({ name, operands }: CommandEntry, args: readonly string[]): Invocation {
  return { program: `milterkit ${name}`, operands, args };
}
