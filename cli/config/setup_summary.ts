/**
 * What a process that hands connections to workers needs to know of a setup: plain data, without any filter.
 *
 * @module
 */

import type { UnixSocketOptions } from "../../lib/net/unix_socket.ts";
import type { ServerLimits } from "../../lib/server/server_events.ts";
import type { LogSettings } from "../options/log_options.ts";
import { LISTEN_OPTION } from "../options/serve_options.ts";
import type { ServiceSettings } from "../options/service_options.ts";
import { filterGist } from "./filter_gist.ts";
import { orderWarnings } from "./filter_order.ts";
import { checkListener, type ListenerConfig, serverSettings } from "./listener_config.ts";
import type { ServeSetup } from "./serve_setup.ts";
import type { ConfigSnapshot } from "./snapshot.ts";

/** A filter in a chain. */
export interface FilterSummary {
  /** The name of its definition. */
  readonly definition: string;
  /** Its own name, or its label. */
  readonly name: string;
  /** Whether its verdicts and changes are only logged. */
  readonly dryRun: boolean;
  /** The essence of its options, as `max 25MB`; empty without any. */
  readonly gist: string;
}

/** A listener. */
export interface ListenerSummary {
  /** Its addresses. */
  readonly addresses: readonly string[];
  /** The permissions of its unix sockets. */
  readonly socket: UnixSocketOptions;
  /** Its limits. */
  readonly limits: ServerLimits;
  /** Its filters, in order. */
  readonly filters: readonly FilterSummary[];
}

/** A setup that was loaded and checked. It stays the same when it is written as JSON and read again. */
export interface SetupSummary {
  /** How the service runs. */
  readonly service: ServiceSettings;
  /** The settings of its log. */
  readonly log: LogSettings;
  /** The listeners, at least one. */
  readonly listeners: readonly ListenerSummary[];
  /** The files to watch for changes: those of filters and of the configuration. */
  readonly files: readonly string[];
  /** The texts of the configuration; undefined without `--config`. */
  readonly snapshot?: ConfigSnapshot;
  /** Filters whose order is doubtful, one warning each. */
  readonly orderWarnings: readonly string[];
  /** Why large messages may not be kept as they should, one warning for each listener. */
  readonly spoolWarnings: readonly string[];
}

/**
 * Checks that the filters of each listener can be served together, and summarizes the setup.
 *
 * @param setup the setup, with its filters
 * @throws {UsageError} if filters cannot be served together
 */
export function summaryOf(
  { service, log, listeners, files, snapshot }: ServeSetup,
): SetupSummary {
  return {
    service,
    log,
    listeners: listeners.map(listenerSummary),
    files,
    ...(snapshot === undefined ? {} : { snapshot }),
    spoolWarnings: listeners.flatMap((listener) => checkListener(listener) ?? []),
    orderWarnings: listeners.flatMap(({ filters }) => orderWarnings(filters)),
  };
}

function listenerSummary(listener: ListenerConfig): ListenerSummary {
  const { mode, group, limits } = serverSettings(listener);
  return {
    addresses: LISTEN_OPTION.value(listener.options),
    socket: { ...(mode === undefined ? {} : { mode }), ...(group === undefined ? {} : { group }) },
    limits,
    filters: listener.filters.map(({ definition, values, filter: { name, dryRun = false } }) => ({
      definition: definition.name,
      name,
      dryRun,
      gist: filterGist(definition, values),
    })),
  };
}
