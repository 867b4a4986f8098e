/**
 * Options that are right one by one, of which one makes another void.
 *
 * @module
 */

import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { isAnyPort, parseAddress } from "../../lib/net/address.ts";
import { UsageError } from "../terminal/arguments.ts";
import { type ConfiguredFilter, isListenerCondition, optionsOf } from "./filter_arguments.ts";
import type { ListenerConfig } from "./listener_config.ts";
import { formatHttpAddress, httpAddress } from "../options/http_address.ts";
import { LISTEN_OPTION, SERVE_OPTIONS } from "../options/serve_options.ts";
import { SERVICE_OPTIONS } from "../options/service_options.ts";
import { SOCKET_OPTIONS } from "../options/socket_options.ts";

/** An option that could never take effect. */
export interface VoidOption {
  /** The option, its value, and why. */
  readonly error: OptionError;
  /** The filter whose option it is; missing for an option of `serve`. */
  readonly filter?: ConfiguredFilter;
}

/**
 * Finds what could never take effect at a listener.
 *
 * @param listener its options, among them those that hold for all listeners, and its filters
 */
export function contradictionsOf({ options, filters }: ListenerConfig): VoidOption[] {
  const own = [
    ...beyondReach(SERVE_OPTIONS, options, options),
    ...uselessSocketOptions(options),
    ...metricsOnListener(options),
  ];
  return [
    ...own.map((error) => ({ error })),
    ...filters.flatMap((filter) => {
      const { definition, values } = filter;
      return [...beyondReach(optionsOf(definition), values, options), ...strayConditions(values, options)]
        .map((error) => ({ error, filter }));
    }),
  ];
}

/** Values greater than what another option of `serve` ends or refuses before. */
function beyondReach(
  specs: readonly OptionSpec[],
  values: OptionValues,
  served: OptionValues,
): OptionError[] {
  return values.given.flatMap(({ name, value, text }) => {
    const within = specs.find((spec) => spec.name === name)?.within;
    if (within === undefined) return [];
    const bound = served.get("integer", within);
    if (bound === undefined || typeof value !== "number" || value <= bound) return [];
    const reason = `--${within} ${served.text(within)} comes first; raise that, or lower this`;
    return [new OptionError(name, text, reason)];
  });
}

/** Permissions say nothing of what is no unix socket. One that was inherited has its own, but may be either. */
function uselessSocketOptions(options: OptionValues): OptionError[] {
  const kinds = LISTEN_OPTION.value(options).map((text) => parseAddress(text).kind);
  if (kinds.length === 0 || kinds.some((kind) => kind !== "inet" && kind !== "inet6")) return [];
  const useless = Object.values(SOCKET_OPTIONS).map(({ name }) => name);
  return options.given.filter(({ name }) => useless.includes(name))
    .map(({ name, text }) => new OptionError(name, text, "it is for unix sockets, and no --listen is one"));
}

function metricsOnListener(options: OptionValues): OptionError[] {
  const { name } = SERVICE_OPTIONS.metrics;
  const text = options.text(name);
  const metrics = text === undefined ? undefined : readHttpAddress(text);
  if (text === undefined || metrics === undefined) return [];
  const same = LISTEN_OPTION.value(options).find((listen) => {
    return !isAnyPort(listen) && formatHttpAddress(parseAddress(listen)) === metrics;
  });
  return same === undefined
    ? []
    : [new OptionError(name, text, `--listen ${same} has that address; choose another`)];
}

/** What is none is told of elsewhere. */
function readHttpAddress(text: string): string | undefined {
  try {
    return formatHttpAddress(httpAddress("--metrics", text));
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** Listeners that a filter is only for, and that are none of those that it is served at. */
function strayConditions(values: OptionValues, options: OptionValues): OptionError[] {
  const listened = LISTEN_OPTION.value(options);
  if (listened.length === 0) return [];
  const conditions = values.given.filter(isListenerCondition);
  const wrong = (name: string, text: string, reason: string) => new OptionError(name, text, reason);
  const stray = conditions.filter(({ name, value }) =>
    name === "only-listener" && !listened.includes(value as string)
  );
  if (stray.length > 0) {
    return stray.map(({ name, text }) =>
      wrong(name, text, `this filter is not served there; it is at ${listened.join(", ")}`)
    );
  }
  const not = conditions.filter(({ name }) => name === "not-listener");
  const [first] = not;
  const isNowhere = listened.every((at) => not.some(({ value }) => value === at));
  return first && isNowhere ? [wrong(first.name, first.text, "it leaves no listener for this filter")] : [];
}
