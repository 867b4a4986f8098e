/**
 * Finds the command that a command line names.
 *
 * @module
 */

import type { Invocation } from "../terminal/command_line.ts";
import type { CommandEntry } from "./command.ts";

/** The command line names a command that does not exist. */
export class UnknownCommandError extends Error {
  override readonly name = "UnknownCommandError";
  /** Always `unknown-command`. */
  readonly code = "unknown-command";
  /** The name as given. */
  readonly value: string;

  /**
   * @param value the name as given
   * @param nearest the most similar name of a command
   */
  constructor(value: string, nearest: string) {
    super(`milterkit: there is no command ${value}; did you mean ${nearest}?`);
    this.value = value;
  }
}

/**
 * Finds a command by its name.
 *
 * @param commands the commands to search
 * @param name the name
 * @returns the command's entry; the command itself is not loaded
 * @throws {UnknownCommandError} if there is none; the message suggests the most similar name
 */
export async function findCommand(commands: readonly CommandEntry[], name: string): Promise<CommandEntry> {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const { nearest } = await import("../../lib/options/nearest.ts");
  throw new UnknownCommandError(name, nearest(name, commands.map((command) => command.name)));
}

/**
 * Makes the invocation of a command.
 *
 * @param entry the command's entry
 * @param args the arguments after its name
 */
export function invocationOf({ name, operands }: CommandEntry, args: readonly string[]): Invocation {
  return { program: `milterkit ${name}`, operands, args };
}
