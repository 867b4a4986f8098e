/**
 * Operands: what a command line has besides options, such as files, addresses and names.
 *
 * @module
 */

import type { CommandOption } from "./arguments.ts";

/**
 * What operands are: none, any text, files, a filter's name or file, or one of these words. Completion suggests them.
 */
export type OperandKind = "none" | "any" | "file" | "filter" | readonly string[];

/**
 * Separates the operands from the options. Everything after `--` is an operand, and so is `-`.
 *
 * @param specs the options, to know which of them take a value
 * @param args a part of a command line
 * @returns the operands, and the options with their values, both in the order given
 */
export function splitOperands(
  specs: readonly CommandOption[],
  args: readonly string[],
): { readonly operands: readonly string[]; readonly options: readonly string[] } {
  const hasValue = new Set(
    specs.filter(({ kind }) => kind !== "flag").flatMap(({ name, short }) => [`--${name}`, `-${short}`]),
  );
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
