/**
 * Filters of a command line, or a running milter, that messages are checked with.
 *
 * @module
 */

import type { MtaKind } from "../../../lib/message/mta.ts";
import { FiltersInProcess } from "../../../lib/mta/filters_in_process.ts";
import type { VerdictWatch } from "../../../lib/mta/verdict_watch.ts";
import { formatAddress } from "../../../lib/net/address.ts";
import {
  type ConfiguredFilter,
  disposeFilters,
  type FilterPiece,
  loadDefinition,
  makeFilter,
  optionsOf,
} from "../../config/filter_arguments.ts";
import { misplacedFilters, orderWarnings } from "../../config/filter_order.ts";
import { listsOfOptions } from "../../config/made_lists.ts";
import { UsageError } from "../../terminal/arguments.ts";
import type { CommandLine } from "../../terminal/command_line.ts";
import { milterAddress } from "../../terminal/milter_address.ts";
import { splitOperands } from "../../terminal/operands.ts";
import { askedOf, namedApart } from "./chain_members.ts";
import { CHECK_OPTIONS } from "./options.ts";
import type { Checker } from "./checker.ts";

/** Default of the longest wait for a milter, in milliseconds; no filter's own limit is longer. */
const LONGEST_WAIT = 240_000;
/** How much longer to wait for filters in this process, in milliseconds: their own limits expire first and say more. */
const IN_PROCESS_MARGIN = 5000;

/**
 * Makes the filters of a command line.
 *
 * @param pieces each filter's name and options, in order
 * @param line the command line before them
 * @param watch watches their verdicts
 * @returns the filters, and the files that follow their options: at the end of the command line, they are easy to type
 * @throws {UsageError} for an invalid option, or a filter in a place where it must not be
 */
export async function openFilters(
  pieces: readonly FilterPiece[],
  { program, options }: CommandLine,
  watch: VerdictWatch,
): Promise<{ readonly operands: readonly string[]; readonly checker: Checker }> {
  const lists = listsOfOptions(program, options);
  const filters: ConfiguredFilter[] = [];
  const files: string[] = [];
  try {
    for (const { name, args } of pieces) {
      const definition = await loadDefinition(name, program);
      const { operands, options: own } = splitOperands(optionsOf(definition), args);
      files.push(...operands);
      filters.push(await makeFilter(definition, own, CHECK_OPTIONS, program, { live: false, lists }));
    }
    const [misplaced] = misplacedFilters(filters);
    if (misplaced) throw new UsageError(`${program}: ${misplaced.reason}`);
  } catch (error) {
    await disposeFilters(filters);
    throw error;
  }
  const mta = options.get("enum", "mta") as MtaKind;
  const timeout = options.get("duration", "timeout");
  const { members, filters: named } = namedApart(filters, watch);
  const chain = new FiltersInProcess(
    named,
    { mta, ...(timeout === undefined ? {} : { callback: timeout, message: timeout }) },
  );
  return {
    operands: files,
    checker: {
      dial: (log) => chain.dial(log.take, askedOf(log, options)),
      inProcess: true,
      members,
      mta,
      timeout: (timeout ?? LONGEST_WAIT) + IN_PROCESS_MARGIN,
      warnings: orderWarnings(filters),
      dispose: () => disposeFilters(filters),
    },
  };
}

/** Has a running milter asked. */
export function openMilter({ program, options }: CommandLine): Checker {
  const address = formatAddress(milterAddress(program, options.get("connect-address", "milter")!));
  return {
    dial: () => address,
    inProcess: false,
    members: [],
    mta: options.get("enum", "mta") as MtaKind,
    timeout: options.get("duration", "timeout") ?? LONGEST_WAIT,
    warnings: [],
    dispose: () => Promise.resolve(),
  };
}
