/**
 * The filters that have limits, and the state that they count in.
 *
 * @module
 */

import { rateLimit } from "../../../filters/rate_limit/rate_limit.ts";
import type { Lists } from "../../../lib/options/lists/lists.ts";
import type { OptionValues } from "../../../lib/options/options.ts";
import {
  type ConfiguredFilter,
  definitionOf,
  disposeFilters,
  type FilterPiece,
  makeFilter,
  optionsOf,
} from "../../config/filter_arguments.ts";
import { listsOfOptions } from "../../config/made_lists.ts";
import { LIST_OPTION } from "../../options/list_option.ts";
import { settingsOf } from "../../options/serve_option.ts";
import { STATE_OPTIONS, stateAddress, type StateSettings } from "../../options/state_options.ts";
import { readServiceFile } from "../../service/state/command_state.ts";
import { invalidArgument, missingArgument, UsageError } from "../../terminal/arguments.ts";
import { splitOperands } from "../../terminal/operands.ts";
import type { StateAddress } from "../../../lib/store/state_address.ts";
import { LIMITS_OPTIONS } from "./options.ts";

/** What the command line names. */
export interface LimitedFilters {
  /** The filters with limits, at least one, each name and settings once. */
  readonly filters: readonly ConfiguredFilter[];
  /** The operands that followed the options of filters. */
  readonly operands: readonly string[];
  /** Where the state is. */
  readonly address: StateAddress;
  /** The file with the secret for the hashes of keys. */
  readonly secret: string | undefined;
}

/**
 * Reads the filters and their state, from a configuration file or from the command line.
 *
 * @param program the program and command, for errors
 * @param options the options before the first filter
 * @param pieces the filters of the command line
 * @throws {UsageError} if there is none, or no state that another process can see
 */
export async function limitedFilters(
  program: string,
  options: OptionValues,
  pieces: readonly FilterPiece[],
): Promise<LimitedFilters> {
  const file = options.get("file", "config");
  const text = options.get("string", "state");
  const secret = options.get("file", "state-secret");
  const given = text === undefined ? undefined : stateAddress(text, program);
  const [list] = options.all("string", LIST_OPTION.name);
  if (file !== undefined && list !== undefined) {
    throw invalidArgument(program, `--${LIST_OPTION.name}`, list, "--config has the lists; leave it out");
  }
  if (file !== undefined && pieces.length > 0) {
    throw invalidArgument(program, "--config", file, "it has the filters; leave out --filter");
  }
  if (file === undefined && pieces.length === 0) {
    throw missingArgument(
      program,
      "--config",
      "want a configuration file, or --state and --filter rate-limit",
    );
  }
  if (file === undefined) {
    if (given === undefined) throw missingArgument(program, "--state", "want the state of the service");
    const lists = listsOfOptions(program, options);
    return { ...await filtersOfPieces(program, pieces, lists), address: given, secret };
  }
  const { filters, state } = await readFile(program, file);
  const address = given ?? state.address;
  if (address === undefined) {
    throw invalidArgument(
      program,
      "--config",
      file,
      "it names no state; give --state, for the systemd unit --state /var/lib/milterkit/state.db",
    );
  }
  return { filters, operands: [], address, secret: secret ?? state.secret };
}

async function filtersOfPieces(
  program: string,
  pieces: readonly FilterPiece[],
  lists: Lists,
): Promise<Pick<LimitedFilters, "filters" | "operands">> {
  const filters: ConfiguredFilter[] = [];
  const operands: string[] = [];
  for (const { name, args } of pieces) {
    if (name !== rateLimit.name) {
      definitionOf(name, program);
      throw new UsageError(`${program}: --filter ${name} has no limits; only ${rateLimit.name} has`);
    }
    const own = splitOperands(optionsOf(rateLimit), args);
    operands.push(...own.operands);
    filters.push(await makeFilter(rateLimit, own.options, LIMITS_OPTIONS, program, { lists }));
  }
  await disposeFilters(filters);
  return { filters, operands };
}

async function readFile(
  program: string,
  file: string,
): Promise<{ readonly filters: readonly ConfiguredFilter[]; readonly state: StateSettings }> {
  const { options, listeners } = await readServiceFile(program, file);
  const filters = listeners.flatMap(({ filters }) => filters)
    .filter(({ definition }) => definition === rateLimit);
  if (filters.length === 0) {
    throw invalidArgument(program, "--config", file, `it has no filter ${rateLimit.name}`);
  }
  return { filters, state: settingsOf(STATE_OPTIONS, options) };
}
