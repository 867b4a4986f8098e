/**
 * The shells whose command lines can be completed.
 *
 * @module
 */

import { bash, fish, type ShellCompletion, zsh } from "@optique/core/completion";

/** What @optique/core generates for each shell. */
export const SHELLS = { bash, zsh, fish } as const satisfies Readonly<Record<string, ShellCompletion>>;

/** The name of a shell. */
export type ShellName = keyof typeof SHELLS;

/** The names of the shells, in the order in which they are listed. */
export const SHELL_NAMES: readonly ShellName[] = Object.keys(SHELLS) as ShellName[];

/**
 * Makes the completion script of a shell, to be saved to a file or evaluated.
 *
 * @param name the shell
 */
export function completionScript(name: ShellName): string {
  return SHELLS[name].generateScript("milterkit", ["completion", name]).trim() + "\n";
}
