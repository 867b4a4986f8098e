/**
 * The policy of a configuration file: one listener with its filters, made so that they only try messages.
 *
 * @module
 */

import { memoryStores } from "../../../lib/kit/kit.ts";
import type { MtaKind } from "../../../lib/message/mta.ts";
import { FiltersInProcess } from "../../../lib/mta/filters_in_process.ts";
import type { VerdictWatch } from "../../../lib/mta/verdict_watch.ts";
import type { OptionValues } from "../../../lib/options/options.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { type Configuration, readConfiguration } from "../../config/configuration.ts";
import { disposeFilters } from "../../config/filter_arguments.ts";
import { orderWarnings } from "../../config/filter_order.ts";
import { type ListenerConfig, serverSettings } from "../../config/listener_config.ts";
import { LISTEN_OPTION } from "../../options/serve_options.ts";
import { invalidArgument, UsageError } from "../../terminal/arguments.ts";
import type { CommandLine } from "../../terminal/command_line.ts";
import { askedOf, namedApart } from "./chain_members.ts";
import { MessageStores } from "./message_stores.ts";
import type { Checker } from "./checker.ts";

/** How much longer to wait than the filters' own limits, in milliseconds: those say more. */
const MARGIN = 5000;

/**
 * Reads a configuration file and makes its filters.
 *
 * @param file its path
 * @param line the command line
 * @param watch watches the filters' verdicts
 * @throws {ConfigError} with all mistakes in the file
 * @throws {UsageError} if it has several listeners and none is chosen, or not the chosen one
 */
export async function openPolicy(file: string, line: CommandLine, watch: VerdictWatch): Promise<Checker> {
  const { options } = line;
  const stores = new MessageStores();
  const keeps = options.get("flag", "keep-state") ?? false;
  const store = keeps ? memoryStores(systemClock) : stores.storeOf;
  const configuration = await readConfiguration(file, undefined, { parts: { live: false, store } });
  const dispose = async () => {
    await Promise.all(configuration.listeners.map(({ filters }) => disposeFilters(filters)));
  };
  try {
    const { address, listener } = chosenListener(line, file, configuration);
    const { members, filters } = namedApart(listener.filters, watch);
    const settings = serverSettings(listener);
    const mta = mtaOf(options, settings.mta);
    const timeout = options.get("duration", "timeout");
    const times = timeout === undefined ? settings.timeouts : { callback: timeout, message: timeout };
    const { spool, limits } = settings;
    const chain = new FiltersInProcess(filters, {
      mta,
      spool,
      limits,
      callback: times.callback,
      message: times.message,
    });
    return {
      dispose,
      warnings: orderWarnings(listener.filters).map((text) => text.replaceAll("--filter ", "the filter ")),
      dial: (log) => chain.dial(log.take, askedOf(log, options), address),
      inProcess: true,
      mta,
      timeout: Math.max(times.callback, times.message) + MARGIN,
      members,
      place: `${file} at ${address}`,
      ...(keeps ? {} : { alone: (work) => stores.alone(work) }),
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Finds the listener that messages come to. */
function chosenListener(
  { program, options }: CommandLine,
  file: string,
  { listeners }: Configuration,
): { readonly address: string; readonly listener: ListenerConfig } {
  const all = listeners.flatMap((listener) =>
    LISTEN_OPTION.value(listener.options).map((address) => ({ address, listener }))
  );
  const wanted = options.get("listen-address", "listener");
  const addresses = all.map(({ address }) => address).join(", ");
  if (wanted === undefined) {
    const [only, second] = all;
    if (only && !second) return only;
    throw new UsageError(
      `${program}: ${file} listens at ${addresses}; choose one with --listener, for example --listener ${
        only?.address ?? ""
      }`,
    );
  }
  const found = all.find(({ address }) => address === wanted);
  if (found) return found;
  throw invalidArgument(program, "--listener", wanted, `${file} listens at ${addresses}`);
}

/** The MTA to imitate: the one of the command line, else that of the file, else Postfix. */
function mtaOf(options: OptionValues, configured: MtaKind | "auto" | undefined): MtaKind {
  const isGiven = options.given.some(({ name }) => name === "mta");
  if (!isGiven && configured !== undefined && configured !== "auto") return configured;
  return options.get("enum", "mta") as MtaKind;
}
