/**
 * Makes a resolver from options: those of the service, for all filters, or those of one filter.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { OptionError, type OptionValues } from "../options/options.ts";
import { parseRecordsFile } from "./records_file.ts";
import type { Resolver } from "./resolver.ts";
import { parseDnsServer } from "./servers.ts";
import { DEFAULT_DEADLINE, StubResolver } from "./stub.ts";

/** The names of the options. */
const SERVER = "dns-server";
const TIMEOUT = "dns-timeout";
const RECORDS = "dns-records";

/**
 * Checks the options `dns-records`, `dns-server` and `dns-timeout`, and makes the resolver that they describe only when
 * it is needed: on Deno, reading the system's name servers needs a permission, which a program without DNS should not
 * need.
 *
 * @returns a function that returns the resolver, the same one each time
 * @throws {OptionError} as {@linkcode resolverOfOptions}
 */
export function resolverWhenNeeded(options: OptionValues): () => Resolver {
  if (options.all("string", SERVER).length > 0 || options.get("file", RECORDS) !== undefined) {
    const resolver = resolverOfOptions(options);
    return () => resolver;
  }
  let resolver: Resolver | undefined;
  return () => resolver ??= resolverOfOptions(options);
}

/**
 * Makes the resolver that the options `dns-records` (kind `file`), `dns-server` (`string`, repeatable) and
 * `dns-timeout` (`duration`) describe.
 *
 * @throws {OptionError} if they conflict, or one cannot be parsed or read
 */
export function resolverOfOptions(options: OptionValues): Resolver {
  const path = options.get("file", RECORDS);
  const servers = options.all("string", SERVER);
  if (path !== undefined) {
    if (servers.length > 0) {
      throw new OptionError(RECORDS, path, `with it no server is asked; leave out --${SERVER}`);
    }
    refuseTimeout(options, `with --${RECORDS} no server is waited for`);
    return understood(RECORDS, path, () => parseRecordsFile(readFileSync(path, "utf8")));
  }
  for (const server of servers) understood(SERVER, server, () => parseDnsServer(server));
  const deadline = options.get("duration", TIMEOUT) ?? DEFAULT_DEADLINE;
  return new StubResolver({ deadline, ...(servers.length > 0 ? { servers } : {}) });
}

/** The resolver of a filter. */
export interface FilterResolver {
  /** The resolver. */
  readonly resolver: Resolver;
  /** Whether only this filter uses it, and must close it. */
  readonly own: boolean;
}

/**
 * Makes the resolver of a filter whose options may differ from those of the service.
 *
 * @param shared returns the resolver of the service; called if it is needed
 * @param options the filter's options: those that {@linkcode resolverOfOptions} knows, without defaults
 * @returns that of the service if none of these options is given
 * @throws {OptionError} if they conflict, one cannot be parsed or read, or a time-out is given although the service
 * uses no server
 */
export function resolverBeside(shared: () => Resolver, options: OptionValues): FilterResolver {
  const given = options.given.map(({ name }) => name);
  if (given.includes(RECORDS) || given.includes(SERVER)) {
    return { resolver: resolverOfOptions(options), own: true };
  }
  const resolver = shared();
  const deadline = options.get("duration", TIMEOUT);
  if (deadline === undefined) return { resolver, own: false };
  if (resolver instanceof StubResolver) return { resolver: resolver.withDeadline(deadline), own: true };
  refuseTimeout(options, `the service takes its answers from --${RECORDS}, and no server is waited for`);
  return { resolver, own: false };
}

function refuseTimeout(options: OptionValues, reason: string): void {
  const timeout = options.given.find(({ name }) => name === TIMEOUT);
  if (timeout) throw new OptionError(TIMEOUT, timeout.text, reason);
}

function understood<T>(option: string, text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new OptionError(option, text, (error as Error).message);
  }
}
