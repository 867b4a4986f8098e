/**
 * Options for the DNS that all filters share. `lib/dns/resolver_options.ts` reads them.
 *
 * @module
 */

import { optional, repeatable, type ServeOptionsOf, withDefault } from "./serve_option.ts";

/** How names are looked up. */
export interface DnsSettings {
  /** The name servers. @default the system's */
  readonly servers: readonly string[];
  /** How long a lookup may take, in milliseconds. */
  readonly timeout: number;
  /** A file with records, instead of DNS. */
  readonly records?: string | undefined;
}

/** The options, by setting. */
export const DNS_OPTIONS: ServeOptionsOf<DnsSettings> = {
  servers: repeatable({
    name: "dns-server",
    kind: "string",
    metavar: "SERVER",
    description:
      "A name server for all filters, with or without a port; several are tried in turn; by default the system's",
    example: "192.0.2.53",
    scope: "process",
    takesEffect: "reload",
  }),
  timeout: withDefault({
    name: "dns-timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 60_000,
    default: "5s",
    description: "Longest wait for an answer from the DNS",
    scope: "process",
    takesEffect: "reload",
  }),
  records: optional({
    name: "dns-records",
    kind: "file",
    metavar: "FILE",
    description:
      "Read records from a file instead of DNS, for tests and closed networks: on each line, a name, a type (by default TXT) and a value, or a name and NXDOMAIN, SERVFAIL or TIMEOUT",
    example: "/etc/milterkit/records.txt",
    scope: "process",
    takesEffect: "reload",
  }),
};
