/**
 * `milterkit check`: shows what filters, or a running milter, would do with messages.
 *
 * @module
 */

import type { Filter } from "../../../lib/filter/filter.ts";
import type { OptionValues } from "../../../lib/options/options.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { FiltersInProcess } from "../../../lib/mta/filters_in_process.ts";
import { VerdictWatch } from "../../../lib/mta/verdict_watch.ts";
import { formatAddress } from "../../../lib/net/address.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { type CommandLine, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import {
  type ConfiguredFilter,
  cutAtFilters,
  disposeFilters,
  loadDefinition,
  makeFilter,
  optionsOf,
  refuseMisplaced,
} from "../../config/filter_arguments.ts";
import { misplacedFilters, orderWarnings } from "../../config/filter_order.ts";
import { listsOfOptions } from "../../config/made_lists.ts";
import { printMessage } from "../../terminal/messages.ts";
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

/** Default of the longest wait for a milter, in milliseconds; no filter's own limit is longer. */
const LONGEST_WAIT = 240_000;
/** How much longer to wait for filters in this process, in milliseconds: their own limits expire first and say more. */
const IN_PROCESS_MARGIN = 5000;

/**
 * Checks messages, and prints what became of them.
 *
 * @throws {UsageError} if the command line is wrong
 */
async function run(invocation: Invocation): Promise<number> {
  const { program } = invocation;
  const { own, filters: pieces } = cutAtFilters(invocation.args, program);
  refuseMisplaced(own, CHECK_OPTIONS, program);
  const line = readCommandLine(checkCommand, { ...invocation, args: own });
  const files = [...line.operands];
  const filters: ConfiguredFilter[] = [];
  const lists = listsOfOptions(program, line.options);
  const watch = new VerdictWatch();
  try {
    for (const { name, args } of pieces) {
      // Files may also follow the options of a filter: at the end of the command line, they are easy to type.
      const definition = await loadDefinition(name, program);
      const { operands, options } = splitOperands(optionsOf(definition), args);
      files.push(...operands);
      filters.push(await makeFilter(definition, options, CHECK_OPTIONS, program, { live: false, lists }));
    }
    const [misplaced] = misplacedFilters(filters);
    if (misplaced) throw new UsageError(`${program}: ${misplaced.reason}`);
    for (const warning of orderWarnings(filters)) printMessage(warning);
    if (files.length === 0) files.push("-");
    return await checkFiles(files, targetOf(line, filters, watch), line.options);
  } finally {
    for (const warning of watch.take()) printMessage(warning);
    await disposeFilters(filters);
  }
}

/** What gets the messages. */
function targetOf(line: CommandLine, filters: readonly ConfiguredFilter[], watch: VerdictWatch): Target {
  const { program, options } = line;
  const milter = options.get("connect-address", "milter");
  if (milter === undefined && filters.length === 0) {
    throw new UsageError(
      `${program}: nothing to check with: give --filter NAME or --milter ADDRESS; milterkit filters lists the filters`,
    );
  }
  if (milter !== undefined && filters.length > 0) {
    throw new UsageError(`${program}: give --milter or --filter, not both`);
  }
  checkEnvelope(line);
  const mta = options.get("enum", "mta") as MtaKind;
  const address = milter === undefined ? undefined : formatAddress(milterAddress(program, milter));
  const dial = address === undefined
    ? inProcess(filters.map(({ filter }) => watch.watch(filter)), mta, options)
    : () => address;
  return {
    dial,
    inProcess: milter === undefined,
    sender: senderOf(line),
    envelope: (message) => envelopeOf(options, message),
    macros: macrosOf(line),
    mta,
    timeout: (options.get("duration", "timeout") ?? LONGEST_WAIT) +
      (milter === undefined ? IN_PROCESS_MARGIN : 0),
  };
}

function inProcess(
  filters: readonly Filter[],
  mta: MtaKind,
  options: OptionValues,
): Target["dial"] {
  const timeout = options.get("duration", "timeout");
  const chain = new FiltersInProcess(
    filters,
    { mta, ...(timeout === undefined ? {} : { callback: timeout, message: timeout }) },
  );
  return (log) => chain.dial(log.take);
}
