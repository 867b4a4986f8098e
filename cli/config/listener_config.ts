/**
 * What is served at some addresses, and the settings of the library for it.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import type { OptionValues } from "../../lib/options/options.ts";
import { InvalidFilterError } from "../../lib/filter/validate.ts";
import { Chain } from "../../lib/chain/chain.ts";
import type { MtaKind } from "../../lib/message/mta.ts";
import { AddressError } from "../../lib/net/address.ts";
import type { ServeOptions } from "../../lib/server/server_options.ts";
import type { ServerLimits } from "../../lib/server/server_events.ts";
import { UsageError } from "../terminal/arguments.ts";
import type { ConfiguredFilter } from "./filter_arguments.ts";
import { systemErrorText } from "../../lib/system_errors.ts";
import { socketMode } from "../options/socket_mode.ts";

/** What is served at some addresses. */
export interface ListenerConfig {
  /** Its options. */
  readonly options: OptionValues;
  /** The filters, in order. */
  readonly filters: readonly ConfiguredFilter[];
}

/** The settings of the library, but for where to listen and whom to tell. */
export type ServerSettings = Omit<ServeOptions, "listen" | "onEvent" | "reports">;

/**
 * What options and filters mean to the library.
 *
 * @throws {UsageError} for a folder or permissions that cannot be used
 */
export function serverSettings({ options, filters }: ListenerConfig): ServerSettings {
  const group = options.get("string", "socket-group");
  const folder = options.get("string", "spool-folder");
  return {
    filters: filters.map(({ filter }) => filter),
    mode: socketMode("milterkit serve", options.get("string", "socket-mode")!),
    ...(group === undefined ? {} : { group }),
    mta: options.get("enum", "mta") as MtaKind | "auto",
    spool: {
      memory: options.get("size", "spool-memory")!,
      total: options.get("size", "spool-total")!,
      ...(folder === undefined ? {} : { folder: spoolFolder(folder) }),
    },
    timeouts: {
      callback: options.get("duration", "callback-timeout")!,
      message: options.get("duration", "message-timeout")!,
      idle: options.get("duration", "idle-timeout")!,
      send: options.get("duration", "send-timeout")!,
      negotiation: options.get("duration", "negotiation-timeout")!,
    },
    limits: limitsOf(options),
  };
}

/** How much may come of one MTA, and of a message. */
function limitsOf(options: OptionValues): ServerLimits {
  const connectionsPerClient = options.get("integer", "limit-connections-per-client");
  return {
    connections: options.get("integer", "limit-connections")!,
    ...(connectionsPerClient === undefined ? {} : { connectionsPerClient }),
    headerFields: options.get("integer", "limit-header-fields")!,
    headerBytes: options.get("size", "limit-header-size")!,
    recipients: options.get("integer", "limit-recipients")!,
  };
}

/**
 * Makes sure that filters can be served together.
 *
 * @returns what is wrong with where large messages would be kept, if anything is
 * @throws {UsageError} where they cannot
 */
export function checkListener(listener: ListenerConfig): string | undefined {
  const { spool, filters, timeouts } = serverSettings(listener);
  const { callback, message } = timeouts ?? {};
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

/**
 * A folder that somebody chose: it must be there when the first large message comes.
 *
 * @throws {UsageError} where it is not, or cannot be written to
 */
export function spoolFolder(folder: string): string {
  try {
    if (!statSync(folder).isDirectory()) throw new Error("it is not a folder");
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw new UsageError(
      `milterkit serve: Cannot use --spool-folder ${folder}: ${
        systemErrorText(error, { ENOENT: "there is no such folder" })
      }`,
    );
  }
}
