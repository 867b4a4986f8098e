/**
 * Publishes what resolvers do, for metrics, over a channel of `node:diagnostics_channel`. Without subscribers, events are not
 * even created. Resolvers from another copy of this library, such as in a user's filter, are counted too.
 *
 * @module
 */

import { channel } from "node:diagnostics_channel";
import type { DnsAnswer } from "./resolver.ts";

/** The name of the channel. */
export const DNS_CHANNEL = "milterkit:dns";

/** What a resolver did. Excludes names and records, which come from untrusted sources. */
export type DnsEvent =
  /** A question was answered from the cache. */
  | { readonly type: "cached" }
  /** A query was sent to a name server. */
  | { readonly type: "query"; readonly transport: "udp" | "tcp" }
  /** A question that went to the network was answered. */
  | { readonly type: "lookup"; readonly status: DnsAnswer<unknown>["status"]; readonly milliseconds: number };

/** The channel. */
export const dnsEvents = channel(DNS_CHANNEL);
