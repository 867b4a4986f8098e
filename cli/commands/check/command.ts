/**
 * `milterkit check`: what filters, or a running milter, would do with messages.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { FiltersInProcess } from "../../../lib/mta/filters_in_process.ts";
import { formatAddress } from "../../../lib/net/address.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { type CommandLine, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import {
  type ConfiguredFilter,
  cutAtFilters,
  loadDefinition,
  makeFilter,
  optionsOf,
  orderWarnings,
  refuseMisplaced,
} from "../../config/filter_arguments.ts";
import { milterAddress } from "../../terminal/milter_address.ts";
import { splitOperands } from "../../terminal/operands.ts";
import type { CliCommand } from "../command.ts";
import { checkFiles } from "./check_files.ts";
import type { Target } from "./check_message.ts";
import { checkEnvelope, envelopeOf, macrosOf, senderOf } from "./envelope.ts";
import { CHECK_HELP, CHECK_OPTIONS } from "./options.ts";

/** Hands messages to filters, and shows what becomes of them. */
export const checkCommand: CliCommand = {
  help: CHECK_HELP,
  options: CHECK_OPTIONS,
  operandKind: "file",
  takesFilters: true,
  run,
};

/** How long a milter is waited for where nobody says how long, in milliseconds; no filter's own time is longer. */
const LONGEST_WAIT = 240_000;

/**
 * Checks messages, and prints what became of them.
 *
 * @throws {UsageError} for a command line that cannot be carried out
 */
async function run(invocation: Invocation): Promise<number> {
  const { program } = invocation;
  const { own, filters: pieces } = cutAtFilters(invocation.args, program);
  refuseMisplaced(own, CHECK_OPTIONS, program);
  const line = readCommandLine(checkCommand, { ...invocation, args: own });
  const files = [...line.operands];
  const filters: ConfiguredFilter[] = [];
  for (const { name, args } of pieces) {
    // Behind the options of the last filter is where files are most easily put.
    const definition = await loadDefinition(name, program);
    const { operands, options } = splitOperands(optionsOf(definition), args);
    files.push(...operands);
    filters.push(makeFilter(definition, options, CHECK_OPTIONS, program));
  }
  for (const warning of orderWarnings(filters)) process.stderr.write(`milterkit: ${warning}\n`);
  if (files.length === 0) files.push("-");
  return await checkFiles(files, targetOf(line, filters), line.options);
}

/** Where messages go to. */
function targetOf(line: CommandLine, filters: readonly ConfiguredFilter[]): Target {
  const { program, options } = line;
  const milter = options.get("connect-address", "milter");
  if (milter === undefined && filters.length === 0) {
    throw new UsageError(
      `${program}: nothing to check with: give --filter NAME, or --milter ADDRESS; milterkit filters lists the filters`,
    );
  }
  if (milter !== undefined && filters.length > 0) {
    throw new UsageError(`${program}: --milter and --filter are one or the other`);
  }
  checkEnvelope(line);
  const mta = options.get("enum", "mta") as MtaKind;
  const address = milter === undefined ? undefined : formatAddress(milterAddress(program, milter));
  const dial = address === undefined ? inProcess(filters, mta, options) : () => address;
  return {
    dial,
    inProcess: milter === undefined,
    sender: senderOf(line),
    envelope: (message) => envelopeOf(options, message),
    macros: macrosOf(line),
    mta,
    // Filters in this process have their own end of waiting, which says more; so it must come first.
    timeout: (options.get("duration", "timeout") ?? LONGEST_WAIT) + (milter === undefined ? 5000 : 0),
  };
}

function inProcess(
  filters: readonly ConfiguredFilter[],
  mta: MtaKind,
  options: OptionValues,
): Target["dial"] {
  const timeout = options.get("duration", "timeout");
  const chain = new FiltersInProcess(
    filters.map(({ filter }) => filter),
    { mta, ...(timeout === undefined ? {} : { callback: timeout, message: timeout }) },
  );
  return (log) => chain.dial(log.take);
}
