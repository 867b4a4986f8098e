/**
 * A listener's configuration, and the library settings derived from it.
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
import { MESSAGE_ID_OPTION, MTA_OPTION } from "../options/serve_options.ts";
import { SOCKET_OPTIONS } from "../options/socket_options.ts";
import { SPOOL_OPTIONS } from "../options/spool_options.ts";
import { TIMEOUT_OPTIONS } from "../options/timeout_options.ts";

/** Options and filters of a listener, which may have several addresses. */
export interface ListenerConfig {
  /** Its options. */
  readonly options: OptionValues;
  /** The filters, in order. */
  readonly filters: readonly ConfiguredFilter[];
}

/** The library's settings for a listener, except its addresses and event handlers. */
export interface ServerSettings
  extends UnixSocketOptions, Pick<ServeOptions, "filters" | "mta" | "messageIds"> {
  readonly spool: SpoolOptions;
  readonly timeouts: Required<ServerTimeouts>;
  readonly limits: ServerLimits;
}

/**
 * Derives the library's settings from a listener.
 *
 * @throws {UsageError} for an unusable folder or permissions
 */
export function serverSettings({ options, filters }: ListenerConfig): ServerSettings {
  return {
    filters: filters.map(({ filter }) => filter),
    ...settingsOf(SOCKET_OPTIONS, options),
    mta: MTA_OPTION.value(options),
    messageIds: MESSAGE_ID_OPTION.value(options),
    spool: settingsOf(SPOOL_OPTIONS, options),
    timeouts: settingsOf(TIMEOUT_OPTIONS, options),
    limits: settingsOf<ServerLimits>(LIMIT_OPTIONS, options),
  };
}

/**
 * Checks that filters can be served together.
 *
 * @returns a warning about the folder for large messages, if there is any
 * @throws {UsageError} if the filters cannot be served together
 */
export function checkListener(listener: ListenerConfig): string | undefined {
  const { spool, filters, timeouts: { callback, message } } = serverSettings(listener);
  const chain = asUsage(() => new Chain(filters, { callback, message, spool }));
  return chain.keepsBodies ? chain.pool.folderWarning() : undefined;
}

/** Runs `work` and turns errors about filters and addresses into usage errors. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUsageError(error as Error);
  }
}

/** Turns an error about a filter or an address into a usage error; returns any other error as it is. */
export function asUsageError(error: Error): Error {
  const isUsage = error instanceof InvalidFilterError ||
    (error instanceof AddressError && error.code === "invalid-address");
  return isUsage ? new UsageError(`milterkit serve: ${error.message}`) : error;
}
