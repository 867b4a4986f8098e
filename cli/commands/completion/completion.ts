/**
 * `milterkit completion SHELL`: what completes command lines in a shell.
 *
 * The scripts call this again with the words of the line behind the shell's name, the one at the cursor last: all of
 * these belong to that line, a --help as well.
 *
 * @module
 */

import { bash, fish, type ShellCompletion, zsh } from "@optique/core/completion";
import { nearest } from "../../../lib/options/nearest.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { showControls } from "../../terminal/controls.ts";
import { operandsAlone } from "../../terminal/operands_alone.ts";
import { print } from "../../terminal/standard_output.ts";
import { COMPLETION_HELP, SHELLS } from "./shells.ts";
import { suggest } from "./suggest.ts";

const BY_NAME: Readonly<Record<(typeof SHELLS)[number], ShellCompletion>> = { bash, zsh, fish };

/**
 * The script of a shell, to be kept in a file or to be evaluated.
 *
 * @param name the shell
 */
export function completionScript(name: (typeof SHELLS)[number]): string {
  return BY_NAME[name].generateScript("milterkit", ["completion", name]).trim() + "\n";
}

/**
 * Prints a shell's script, or what could stand at the cursor.
 *
 * @param args the command line behind `completion`
 * @returns the exit code
 * @throws {UsageError} for a shell that there is not
 */
export async function runCompletion(args: readonly string[]): Promise<number> {
  const [name, ...words] = args;
  const shell = SHELLS.find((shell) => shell === name);
  if (!shell) {
    operandsAlone("milterkit completion", args, COMPLETION_HELP);
    throw new UsageError(
      name === undefined
        ? `milterkit completion: which shell? One of ${SHELLS.join(", ")}`
        : `milterkit completion: there is no shell ${showControls(name)}; did you mean ${
          nearest(name, SHELLS)
        }? (There are ${SHELLS.join(", ")}.)`,
    );
  }
  await print(
    words.length === 0
      ? completionScript(shell)
      : [...BY_NAME[shell].encodeSuggestions(suggest(words.slice(0, -1), words.at(-1)!))].join(""),
  );
  return 0;
}
