/**
 * Runs the action of a command that has several, such as `check` in `milterkit config check FILE`.
 *
 * @module
 */

import { nearest } from "../../lib/options/nearest.ts";
import { UsageError } from "../terminal/arguments.ts";
import { type Invocation, readCommandLine } from "../terminal/command_line.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";
import type { CliCommand } from "./command.ts";

/**
 * Runs the action that the first word after the command selects.
 *
 * @param command a command with actions
 * @param invocation how it was called
 * @throws {UsageError} if there is no word, or no such action
 */
export async function runAction(command: CliCommand, invocation: Invocation): Promise<number> {
  const { actions = [] } = command;
  const [word, ...args] = invocation.args;
  const action = actions.find(({ name }) => name === word);
  if (action) {
    const { name, operands } = action;
    return await action.run({ program: `${invocation.program} ${name}`, operands, args });
  }
  const { program } = readCommandLine(command, invocation);
  throw new UsageError(
    word === undefined
      ? `${program}: want ${actions.map(({ name, operands }) => `${name} ${operands}`.trim()).join(", or ")}`
      : `${program}: there is no ${escapeControlCharacters(word)}; did you mean ${
        nearest(word, actions.map(({ name }) => name))
      }?`,
  );
}
