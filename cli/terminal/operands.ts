/**
 * What stands on a command line beside its options: files, addresses, names.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";

/**
 * What can stand beside options: nothing, what nobody can foresee, files, a filter's name or file, or one of these words.
 */
export type OperandKind = "none" | "any" | "file" | "filter" | readonly string[];

/**
 * Takes the operands out of a piece of a command line. All behind `--` are operands; `-` is one.
 *
 * @param specs the options that there are, to know which of them have a value
 * @param args the piece
 * @returns what is no option and no option's value, and the rest, both in order
 */
export function splitOperands(
  specs: readonly OptionSpec[],
  args: readonly string[],
): { readonly operands: readonly string[]; readonly options: readonly string[] } {
  const hasValue = new Set(specs.filter(({ kind }) => kind !== "flag").map(({ name }) => `--${name}`));
  const operands: string[] = [];
  const options: string[] = [];
  let valueFollows = false;
  for (const [i, arg] of args.entries()) {
    if (valueFollows) {
      options.push(arg);
      valueFollows = false;
    } else if (arg === "--") {
      operands.push(...args.slice(i + 1));
      break;
    } else if (arg === "-" || !arg.startsWith("-")) {
      operands.push(arg);
    } else {
      options.push(arg);
      valueFollows = hasValue.has(arg);
    }
  }
  return { operands, options };
}
