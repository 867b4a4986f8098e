/**
 * `milterkit help [COMMAND]`: shows what `--help` shows.
 *
 * @module
 */

import { print } from "../../terminal/standard_output.ts";
import type { CliCommand, CommandEntry } from "../command.ts";
import { findCommand, invocationOf } from "../find_command.ts";
import { generalHelp } from "./general_help.ts";

/**
 * Shows the general help, or the help of a command.
 *
 * @param commands all commands
 */
export function helpCommand(commands: readonly CommandEntry[]): CliCommand {
  return {
    help: { description: "Lists the commands, or shows the help of one, as --help does." },
    options: [],
    operandKind: commands.map(({ name }) => name),
    async run({ args }) {
      const [name, ...rest] = args;
      if (name === undefined || name === "--help" || name === "-h") {
        await print(generalHelp(commands));
        return 0;
      }
      const entry = await findCommand(commands, name);
      return await (await entry.load()).run(invocationOf(entry, [...rest, "--help"]));
    },
  };
}
