/**
 * `milterkit completion SHELL`: prints the script with which a shell completes command lines.
 *
 * The script calls this command again, with the words of the line to complete after the shell's name; the last is the
 * one at the cursor. All of them belong to that line, including a `--help`.
 *
 * @module
 */

import { nearest } from "../../../lib/options/nearest.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { type CommandLineSyntax, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { print } from "../../terminal/standard_output.ts";
import type { CliCommand, CommandEntry } from "../command.ts";
import { completionScript, SHELL_NAMES, SHELLS } from "./shells.ts";
import { suggest } from "./suggest.ts";

const SYNTAX: CommandLineSyntax = {
  help: {
    description:
      "Prints a script that lets the shell complete milterkit command lines: commands, options, the names and " +
      "options of filters, the values of options, and files. The script calls milterkit itself, so it " +
      "fits every version. The Debian package installs the scripts where shells look for them.",
    examples: [
      ["In bash, for this session or in ~/.bashrc:", 'eval "$(milterkit completion bash)"'],
      ["In zsh, in a folder of $fpath:", "milterkit completion zsh > _milterkit"],
      ["In fish:", "milterkit completion fish > ~/.config/fish/completions/milterkit.fish"],
    ],
  },
  options: [],
  operandKind: SHELL_NAMES,
};

/**
 * Prints a shell's script, or suggestions for the word at the cursor.
 *
 * @param commands the commands whose lines are completed
 */
export function completionCommand(commands: readonly CommandEntry[]): CliCommand {
  return { ...SYNTAX, run: (invocation) => run(commands, invocation) };
}

async function run(commands: readonly CommandEntry[], invocation: Invocation): Promise<number> {
  const [name, ...words] = invocation.args;
  const shell = SHELL_NAMES.find((shell) => shell === name);
  if (shell === undefined) {
    const { program } = readCommandLine(SYNTAX, invocation);
    throw new UsageError(
      name === undefined
        ? `${program}: give a shell: ${SHELL_NAMES.join(", ")}`
        : `${program}: there is no shell ${escapeControlCharacters(name)}; did you mean ${
          nearest(name, SHELL_NAMES)
        }? (There are ${SHELL_NAMES.join(", ")}.)`,
    );
  }
  const current = words.pop();
  await print(
    current === undefined
      ? completionScript(shell)
      : [...SHELLS[shell].encodeSuggestions(await suggest(commands, words, current))].join(""),
  );
  return EXIT_CODES.done;
}
