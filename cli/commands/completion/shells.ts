/**
 * The shells whose command lines can be completed.
 *
 * @module
 */

import { bash, fish, type ShellCompletion, zsh } from "@optique/core/completion";

/** By name. */
export const SHELLS = { bash, zsh, fish } as const satisfies Readonly<Record<string, ShellCompletion>>;

/** The name of a shell. */
export type ShellName = keyof typeof SHELLS;

/** The names, in the order in which they are listed. */
export const SHELL_NAMES: readonly ShellName[] = Object.keys(SHELLS) as ShellName[];

/**
 * The script of a shell, to be kept in a file or to be evaluated.
 *
 * @param name the shell
 */
export function completionScript(name: ShellName): string {
  return SHELLS[name].generateScript("milterkit", ["completion", name]).trim() + "\n";
}
