/**
 * `milterkit filters [NAME|FILE]`: what filters there are, and the options of one.
 *
 * @module
 */

import process from "node:process";
import { registry } from "../../../filters/registry.ts";
import type { OptionSpec } from "../../../lib/options/options.ts";
import { type Help, parseArguments } from "../../terminal/arguments.ts";
import { helpOf, loadDefinition, optionsOf } from "../../config/filter_arguments.ts";
import { jsonLine } from "../../terminal/json_line.ts";

/** The options that there are. */
export const FILTERS_OPTIONS: readonly OptionSpec[] = [
  { name: "json", kind: "flag", description: "Print JSON, for programs" },
];

/** What help says around them. */
export const FILTERS_HELP: Help = {
  brief: "milterkit filters [NAME|FILE]",
  description: "Lists the filters, or shows what one does and its options.",
  examples: [
    ["What can size-limit do?", "milterkit filters size-limit"],
    ["And a filter of my own?", "milterkit filters ./my-filter.ts"],
  ],
};

/**
 * Prints the filters, or one of them.
 *
 * @param args the command line behind `filters`: `[NAME|FILE] [--json]`
 * @returns the exit code
 * @throws {UsageError} for a filter that there is not, or a file that is none
 */
export async function runFilters(args: readonly string[]): Promise<number> {
  const name = args[0] !== undefined && !args[0].startsWith("-") ? args[0] : undefined;
  const values = parseArguments(
    "milterkit filters",
    FILTERS_OPTIONS,
    name === undefined ? args : args.slice(1),
    FILTERS_HELP,
  );
  const definition = name === undefined ? undefined : await loadDefinition(name, "milterkit filters");
  if (values.get("flag", "json")) {
    const shown = (definition ? [definition] : registry).map((filter) => ({
      name: filter.name,
      summary: filter.summary,
      description: filter.description,
      options: optionsOf(filter),
    }));
    process.stdout.write(`${jsonLine(definition ? shown[0] : shown, 2)}\n`);
  } else if (definition) {
    parseArguments(
      `milterkit serve --filter ${name}`,
      optionsOf(definition),
      ["--help"],
      helpOf(definition),
    );
  } else {
    const width = Math.max(...registry.map((filter) => filter.name.length));
    for (const filter of registry) process.stdout.write(`${filter.name.padEnd(width)}  ${filter.summary}\n`);
  }
  return 0;
}
