/**
 * What stands on a command line beside its options: files, addresses, names.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";

/** A command line, taken apart. */
export interface SplitArguments {
  /** What is no option, and no option's value. */
  readonly operands: readonly string[];
  /** The rest, in order. */
  readonly options: readonly string[];
}

/**
 * Takes the operands out of a piece of a command line. All behind `--` are operands; `-` is one.
 *
 * @param specs the options that there are, to know which of them have a value
 * @param args the piece
 */
export function splitOperands(specs: readonly OptionSpec[], args: readonly string[]): SplitArguments {
  const hasValue = new Set(specs.filter(({ kind }) => kind !== "flag").map(({ name }) => `--${name}`));
  const operands: string[] = [];
  const options: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (arg === "-" || !arg.startsWith("-")) {
      operands.push(arg);
      continue;
    }
    options.push(arg);
    if (hasValue.has(arg) && i + 1 < args.length) options.push(args[++i]);
  }
  return { operands, options };
}
