/**
 * What is served at some addresses, and the settings of the library for it.
 *
 * @module
 */

import type { OptionValues } from "../../lib/options/options.ts";
import { InvalidFilterError } from "../../lib/filter/validate.ts";
import { Chain } from "../../lib/chain/chain.ts";
import { AddressError } from "../../lib/net/address.ts";
import type { SpoolOptions } from "../../lib/message/spool.ts";
import type { UnixSocketOptions } from "../../lib/net/unix_socket.ts";
import type { ServerLimits } from "../../lib/server/server_events.ts";
import type { ServeOptions, ServerTimeouts } from "../../lib/server/server_options.ts";
import { UsageError } from "../terminal/arguments.ts";
import type { ConfiguredFilter } from "./filter_arguments.ts";
import { LIMIT_OPTIONS } from "../options/limit_options.ts";
import { settingsOf } from "../options/serve_option.ts";
import { MTA_OPTION } from "../options/serve_options.ts";
import { SOCKET_OPTIONS } from "../options/socket_options.ts";
import { SPOOL_OPTIONS } from "../options/spool_options.ts";
import { TIMEOUT_OPTIONS } from "../options/timeout_options.ts";

/** What is served at some addresses. */
export interface ListenerConfig {
  /** Its options. */
  readonly options: OptionValues;
  /** The filters, in order. */
  readonly filters: readonly ConfiguredFilter[];
}

/** The settings of the library, but for where to listen and whom to tell. */
export interface ServerSettings extends UnixSocketOptions, Pick<ServeOptions, "filters" | "mta"> {
  readonly spool: SpoolOptions;
  readonly timeouts: Required<ServerTimeouts>;
  readonly limits: ServerLimits;
}

/**
 * What options and filters mean to the library.
 *
 * @throws {UsageError} for a folder or permissions that cannot be used
 */
export function serverSettings({ options, filters }: ListenerConfig): ServerSettings {
  return {
    filters: filters.map(({ filter }) => filter),
    ...settingsOf(SOCKET_OPTIONS, options),
    mta: MTA_OPTION.value(options),
    spool: settingsOf(SPOOL_OPTIONS, options),
    timeouts: settingsOf(TIMEOUT_OPTIONS, options),
    limits: settingsOf<ServerLimits>(LIMIT_OPTIONS, options),
  };
}

/**
 * Makes sure that filters can be served together.
 *
 * @returns what is wrong with where large messages would be kept, if anything is
 * @throws {UsageError} where they cannot
 */
export function checkListener(listener: ListenerConfig): string | undefined {
  const { spool, filters, timeouts: { callback, message } } = serverSettings(listener);
  const chain = asUsage(() => new Chain(filters, { callback, message, spool }));
  return chain.keepsBodies ? chain.pool.folderWarning() : undefined;
}

/** Does something of which errors of filters and addresses are a matter of the command line. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUsageError(error as Error);
  }
}

/** What is wrong with what was asked for is a matter of the command line. */
export function asUsageError(error: Error): Error {
  const isUsage = error instanceof InvalidFilterError ||
    (error instanceof AddressError && error.code === "invalid-address");
  return isUsage ? new UsageError(`milterkit serve: ${error.message}`) : error;
}
