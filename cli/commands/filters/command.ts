/**
 * `milterkit filters [NAME|FILE]`: lists the filters, or shows the options of one.
 *
 * @module
 */

import process from "node:process";
import { registry } from "../../../filters/registry.ts";
import { filterSummary, helpOf, loadDefinition, optionsOf } from "../../config/filter_arguments.ts";
import { parseArguments, UsageError } from "../../terminal/arguments.ts";
import { type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CliCommand } from "../command.ts";

/** Lists the filters, or shows one. */
export const filtersCommand: CliCommand = {
  help: {
    description: "Lists the built-in filters, or shows what a filter does and its options.",
    examples: [
      ["Show the options of size-limit:", "milterkit filters size-limit"],
      ["Show those of a filter of your own:", "milterkit filters ./my-filter.ts"],
    ],
  },
  options: [{ name: "json", kind: "flag", description: "Print JSON, for programs" }],
  operandKind: "filter",
  run,
};

/**
 * Prints the filters, or one of them.
 *
 * @throws {UsageError} for a filter that does not exist, or a file that is not a filter
 */
async function run(invocation: Invocation): Promise<number> {
  const { program, options, operands } = readCommandLine(filtersCommand, invocation);
  const [name, second] = operands;
  if (second !== undefined) throw new UsageError(`${program}: Unexpected option or subcommand: ${second}.`);
  const definition = name === undefined ? undefined : await loadDefinition(name, program);
  if (options.get("flag", "json")) {
    const shown = (definition ? [definition] : registry).map((filter) => ({
      name: filter.name,
      summary: filterSummary(filter),
      description: filter.description,
      options: optionsOf(filter),
    }));
    process.stdout.write(`${terminalSafeJson(definition ? shown[0] : shown, 2)}\n`);
  } else if (definition) {
    parseArguments(
      `milterkit serve --filter ${name}`,
      optionsOf(definition),
      ["--help"],
      helpOf(definition),
    );
  } else {
    const width = Math.max(...registry.map((filter) => filter.name.length));
    for (const filter of registry) {
      process.stdout.write(`${filter.name.padEnd(width)}  ${filterSummary(filter)}\n`);
    }
  }
  return EXIT_CODES.done;
}
