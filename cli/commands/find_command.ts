/**
 * From a word of the command line to a command.
 *
 * @module
 */

import type { Invocation } from "../terminal/command_line.ts";
import type { CommandEntry } from "./command.ts";

/**
 * Finds a command by its name.
 *
 * @param commands those that there are
 * @param name the name
 * @throws {UsageError} naming the nearest one that there is
 */
export async function findCommand(commands: readonly CommandEntry[], name: string): Promise<CommandEntry> {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  // The start of every other command line does without these.
  const [{ nearest }, { UsageError }] = await Promise.all([
    import("../../lib/options/nearest.ts"),
    import("../terminal/arguments.ts"),
  ]);
  const meant = nearest(name, commands.map((command) => command.name));
  throw new UsageError(`milterkit: there is no command ${name}; did you mean ${meant}?`);
}

/**
 * A command with what stands behind its name.
 *
 * @param command the command
 * @param args the words behind its name
 */
export function invocationOf({ name, operands }: CommandEntry, args: readonly string[]): Invocation {
  return { program: `milterkit ${name}`, operands, args };
}
