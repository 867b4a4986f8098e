/**
 * Runs the action that the first word of a command line selects.
 *
 * @module
 */

import { nearest } from "../../lib/options/nearest.ts";
import { UsageError } from "../terminal/arguments.ts";
import { type Invocation, readCommandLine } from "../terminal/command_line.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";
import type { CliAction, CliCommand } from "./command.ts";

/**
 * Makes a command that only has actions.
 *
 * @param help the help text of the command itself
 * @param actions its actions, in the order in which they are listed
 */
export function commandOfActions(help: CliCommand["help"], actions: readonly CliAction[]): CliCommand {
  const command: CliCommand = {
    help,
    options: [],
    operandKind: actions.map(({ name }) => name),
    actions,
    run: (invocation) => runAction(command, actions, invocation),
  };
  return command;
}

async function runAction(
  command: CliCommand,
  actions: readonly CliAction[],
  invocation: Invocation,
): Promise<number> {
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
