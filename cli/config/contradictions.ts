/**
 * Finds options that are valid by themselves but could never take effect together.
 *
 * @module
 */

import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { isAnyPort, parseAddress } from "../../lib/net/address.ts";
import { UsageError } from "../terminal/arguments.ts";
import { type ConfiguredFilter, isListenerCondition, optionsOf } from "./filter_arguments.ts";
import type { ListenerConfig } from "./listener_config.ts";
import { formatHttpAddress, httpAddress } from "../options/http_address.ts";
import { LOG_OPTIONS } from "../options/log_options.ts";
import { LISTEN_OPTION, SERVE_OPTIONS } from "../options/serve_options.ts";
import { SERVICE_OPTIONS } from "../options/service_options.ts";
import { SOCKET_OPTIONS } from "../options/socket_options.ts";

/** An option that could never take effect. */
export interface VoidOption {
  /** The option, its value, and the reason. */
  readonly error: OptionError;
  /** The filter that has the option; missing for an option of `serve`. */
  readonly filter?: ConfiguredFilter;
}

/**
 * Finds options of a listener and its filters that could never take effect.
 *
 * @param listener its options, including those for all listeners, and its filters
 */
export function contradictionsOf({ options, filters }: ListenerConfig): VoidOption[] {
  const own = [
    ...beyondReach(SERVE_OPTIONS, options, options),
    ...uselessSocketOptions(options),
    ...metricsOnListener(options),
    ...journalInSyslog(options),
    ...messagesWithoutPage(options),
  ];
  return [
    ...own.map((error) => ({ error })),
    ...filters.flatMap((filter) => {
      const { definition, values } = filter;
      return [
        ...beyondReach(optionsOf(definition), values, options),
        ...strayConditions(values, options),
        ...values.groups.flatMap(({ values }, i) => strayConditions(values, options, i)),
      ].map((error) => ({ error, filter }));
    }),
  ];
}

/** Finds values above a limit that another option of `serve` enforces first. */
function beyondReach(
  specs: readonly OptionSpec[],
  values: OptionValues,
  served: OptionValues,
): OptionError[] {
  return values.everywhere.flatMap(({ name, value, text }) => {
    const within = specs.find((spec) => spec.name === name)?.within;
    if (within === undefined) return [];
    const bound = served.get("integer", within);
    if (bound === undefined || typeof value !== "number" || value <= bound) return [];
    const reason = `--${within} ${served.text(within)} comes first; raise that, or lower this`;
    return [new OptionError(name, text, reason)];
  });
}

/**
 * Finds permissions that apply to no unix socket. An inherited socket may be a unix socket, so it is no reason to complain,
 * although it keeps its own permissions.
 */
function uselessSocketOptions(options: OptionValues): OptionError[] {
  const kinds = LISTEN_OPTION.value(options).map((text) => parseAddress(text).kind);
  if (kinds.length === 0 || kinds.some((kind) => kind !== "inet" && kind !== "inet6")) return [];
  const useless = Object.values(SOCKET_OPTIONS).map(({ name }) => name);
  return options.given.filter(({ name }) => useless.includes(name))
    .map(({ name, text }) =>
      new OptionError(name, text, "it applies to unix sockets, and no --listen is one")
    );
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
    : [new OptionError(name, text, `--listen ${same} uses that address; choose another`)];
}

/** Finds a format that is for standard error alone. */
function journalInSyslog(options: OptionValues): OptionError[] {
  const { format, to } = LOG_OPTIONS;
  const target = options.text(to.name);
  if (!target?.startsWith("syslog") || format.value(options) !== "journal") return [];
  const reason = `--${to.name} ${target} has priorities of its own; want text or json`;
  return [new OptionError(format.name, "journal", reason)];
}

function messagesWithoutPage(options: OptionValues): OptionError[] {
  const { metrics, statusMessages: { name } } = SERVICE_OPTIONS;
  return options.text(metrics.name) !== undefined ? [] : options.given.filter((each) => each.name === name)
    .map(({ text }) => new OptionError(name, text, `there is no status page without --${metrics.name}`));
}

/** Returns an HTTP address in one form; undefined if it is invalid, which is reported elsewhere. */
function readHttpAddress(text: string): string | undefined {
  try {
    return formatHttpAddress(httpAddress("milterkit serve", "--metrics", text));
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** Finds conditions that exclude a filter from every listener that serves it. */
function strayConditions(values: OptionValues, options: OptionValues, group?: number): OptionError[] {
  const listened = LISTEN_OPTION.value(options);
  if (listened.length === 0) return [];
  const conditions = values.given.filter(isListenerCondition);
  const wrong = (name: string, text: string, reason: string) => new OptionError(name, text, reason, group);
  const stray = conditions.filter(({ name, value }) =>
    name === "only-listener" && !listened.includes(value as string)
  );
  if (stray.length > 0) {
    return stray.map(({ name, text }) =>
      wrong(name, text, `this filter is not served there, but at ${listened.join(", ")}`)
    );
  }
  const not = conditions.filter(({ name }) => name === "not-listener");
  const [first] = not;
  const isNowhere = listened.every((at) => not.some(({ value }) => value === at));
  return first && isNowhere
    ? [
      wrong(
        first.name,
        first.text,
        `it leaves no listener for this ${group === undefined ? "filter" : "group"}`,
      ),
    ]
    : [];
}
