/**
 * Options that say where records are looked up.
 *
 * @module
 */

import { resolverOfOptions } from "../../lib/dns/resolver_options.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { UsageError } from "../terminal/arguments.ts";

/** The options, as {@linkcode resolverOf} reads them. */
export const DNS_LOOKUP_OPTIONS: readonly OptionSpec[] = [
  {
    name: "dns-server",
    kind: "string",
    metavar: "SERVER",
    repeatable: true,
    description: "A name server, with or without a port; several are tried in turn; by default the system's",
    example: "192.0.2.53",
  },
  {
    name: "dns-timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 60_000,
    description: "Longest wait for an answer from the DNS; by default 5s",
    example: "2s",
  },
  {
    name: "dns-records",
    kind: "file",
    metavar: "FILE",
    description:
      "Take records from a file instead of DNS, to try a change before you publish it: lines of a name, a type (TXT if " +
      "left out) and a value, or of a name and NXDOMAIN, SERVFAIL or TIMEOUT",
  },
];

/**
 * Makes the resolver that the options describe. Whoever calls this closes it.
 *
 * @param program what error messages begin with
 * @param options the options of the command
 * @throws {UsageError} if they exclude each other, or one cannot be parsed or read
 */
export function resolverOf(program: string, options: OptionValues): Resolver {
  try {
    return resolverOfOptions(options);
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(`${program}: ${error.message}`, error.value) : error;
  }
}
