/**
 * Determines what to serve, from a command line or from the configuration file that it names.
 *
 * @module
 */

import { resolve } from "node:path";
import { isAnyPort } from "../../lib/net/address.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { invalidArgument, missingArgument, parseArguments, UsageError } from "../terminal/arguments.ts";
import { kitPartsOf } from "./kit_parts.ts";
import type { ConfigSnapshot } from "./snapshot.ts";
import {
  type ConfiguredFilter,
  cutAtFilters,
  type FilterParts,
  type FilterPiece,
  flagName,
  groupFlagOf,
  isListenerCondition,
  loadFilters,
  refuseMisplaced,
} from "./filter_arguments.ts";
import { misplacedFilters } from "./filter_order.ts";
import { contradictionsOf } from "./contradictions.ts";
import { listsOfOptions } from "./made_lists.ts";
import type { ListenerConfig } from "./listener_config.ts";
import { MilterLoopError, milterLoops } from "./milter_loops.ts";
import { DNS_OPTIONS } from "../options/dns_options.ts";
import { LOG_OPTIONS, type LogSettings } from "../options/log_options.ts";
import { settingsOf } from "../options/serve_option.ts";
import { CONFIG_OPTION, LISTEN_OPTION, SERVE_HELP, SERVE_OPTIONS } from "../options/serve_options.ts";
import { STATE_OPTIONS, type StateSettings } from "../options/state_options.ts";
import { SERVICE_OPTIONS, type ServiceSettings } from "../options/service_options.ts";

/** A command line of `serve`, read without loading a filter. */
export interface ServeCommand {
  /** The options before the first `--filter`. */
  readonly options: OptionValues;
  /** The filters, not yet loaded. */
  readonly filters: readonly FilterPiece[];
  /** The configuration file; undefined without `--config`. */
  readonly config: string | undefined;
}

/** What to serve, and how. */
export interface ServeSetup {
  /** How the service runs. */
  readonly service: ServiceSettings;
  /** The settings of its log. */
  readonly log: LogSettings;
  /** The listeners, at least one. */
  readonly listeners: readonly ListenerConfig[];
  /** The configuration file; undefined without `--config`. */
  readonly config: string | undefined;
  /** The texts of the configuration file and of those that it includes; undefined without `--config`. */
  readonly snapshot?: ConfigSnapshot;
  /** The files to watch for changes: those of filters and of the configuration. */
  readonly files: readonly string[];
}

/**
 * Reads a command line of `serve`. Loads no filter, so it runs no code of users.
 *
 * @param args the command line behind `serve`
 * @throws {UsageError} for an invalid option before the first `--filter`
 */
export function readCommand(args: readonly string[]): ServeCommand {
  const { own, filters } = cutAtFilters(args);
  const options = parseOwn(own);
  const config = CONFIG_OPTION.value(options);
  if (config !== undefined) {
    const stray = options.given.find(({ name }) => name !== CONFIG_OPTION.name)?.name ??
      (filters[0] && "filter");
    if (stray !== undefined) {
      throw new UsageError(`milterkit serve: --config takes no other options; set ${stray} in ${config}`);
    }
  }
  return { options, filters, config };
}

/**
 * Loads the filters of a command line, or of its configuration file, and checks everything together. This runs users'
 * code: with workers, only they call it.
 *
 * @param command the command line
 * @param early called with the settings of the log and the state as soon as they are known, before filters are loaded
 * @param snapshot earlier texts of the configuration's files, to use instead of reading them
 * @param parts what the filters are made with, beside the resolver that the options describe
 * @throws {UsageError} for an invalid command line
 * @throws {MilterLoopError} for a filter `milter` that leads back to one of the addresses
 * @throws {ConfigError} for an invalid configuration file
 */
export async function readSetup(
  { options, filters: pieces, config }: ServeCommand,
  early: (log: LogSettings, state: StateSettings) => void,
  snapshot?: ConfigSnapshot,
  parts: FilterParts = {},
): Promise<ServeSetup> {
  if (config !== undefined) return await ofConfig(config, early, snapshot, parts);
  early(settingsOf(LOG_OPTIONS, options), settingsOf(STATE_OPTIONS, options));
  const common = usable(() => kitPartsOf(options));
  const lists = listsOfOptions("milterkit serve", options);
  const filters = await loadFilters(pieces, SERVE_OPTIONS, "milterkit serve", { ...parts, ...common, lists });
  const addresses = LISTEN_OPTION.value(options);
  if (addresses.length === 0) {
    throw missingArgument("milterkit serve", "--listen", "give it, for example --listen inet:8825@localhost");
  }
  if (filters.length === 0) {
    throw missingArgument("milterkit serve", "--filter", "give one that milterkit filters lists");
  }
  const twice = addresses.find((address, i) => addresses.indexOf(address) < i && !isAnyPort(address));
  if (twice !== undefined) throw invalidArgument("milterkit serve", "--listen", twice, "it is given twice");
  checkListenerConditions(addresses, filters);
  const listener = { options, filters };
  refuseContradictions(listener);
  const [misplaced] = misplacedFilters(filters);
  if (misplaced) throw new UsageError(`milterkit serve: ${misplaced.reason}`);
  const [loop] = await milterLoops([listener]);
  if (loop) throw new MilterLoopError(loop);
  return setupOf(options, [listener], undefined, []);
}

/** Reads a configuration file. Imports the reader only then, for a faster start without one. */
async function ofConfig(
  config: string,
  early: (log: LogSettings, state: StateSettings) => void,
  snapshot: ConfigSnapshot | undefined,
  parts: FilterParts,
): Promise<ServeSetup> {
  const { readConfiguration } = await import("./configuration.ts");
  const { options, listeners, texts } = await readConfiguration(config, snapshot, {
    parts,
    early: (options) => early(settingsOf(LOG_OPTIONS, options), settingsOf(STATE_OPTIONS, options)),
  });
  return { ...setupOf(options, listeners, config, Object.keys(texts)), snapshot: texts };
}

function setupOf(
  options: OptionValues,
  listeners: readonly ListenerConfig[],
  config: string | undefined,
  configFiles: readonly string[],
): ServeSetup {
  const named = listeners.flatMap(({ filters }) => filters.flatMap(({ files }) => files));
  const records = DNS_OPTIONS.records.value(options) ?? [];
  const files = [...new Set([...configFiles, ...named, ...[records].flat()].map((file) => resolve(file)))];
  return {
    service: settingsOf(SERVICE_OPTIONS, options),
    log: settingsOf(LOG_OPTIONS, options),
    listeners,
    config,
    files,
  };
}

/** Turns an error about an option of `serve` into a usage error. */
function usable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof OptionError
      ? new UsageError(`milterkit serve: ${error.message}`, error.value)
      : error;
  }
}

/** Rejects options that could never take effect. */
function refuseContradictions(listener: ListenerConfig): void {
  const [contradiction] = contradictionsOf(listener);
  if (!contradiction) return;
  const { error, filter } = contradiction;
  const whose = filter === undefined
    ? ""
    : ` --filter ${flagName(filter.definition)}${groupFlagOf(error, filter.values)}`;
  throw new UsageError(`milterkit serve${whose}: ${error.message}`);
}

/** Rejects conditions for unknown listeners: with a typo in the address, mail would bypass a filter. */
function checkListenerConditions(
  addresses: readonly string[],
  filters: readonly ConfiguredFilter[],
): void {
  for (const { definition, values } of filters) {
    for (const { name, value } of values.everywhere.filter(isListenerCondition)) {
      if (addresses.includes(value as string)) continue;
      const reason = `it is not a --listen address; those are ${addresses.join(", ")}`;
      throw invalidArgument(
        `milterkit serve --filter ${flagName(definition)}`,
        `--${name}`,
        String(value),
        reason,
      );
    }
  }
}

function parseOwn(own: readonly string[]): OptionValues {
  refuseMisplaced(own, SERVE_OPTIONS, "milterkit serve");
  return parseArguments("milterkit serve", SERVE_OPTIONS, own, SERVE_HELP);
}
