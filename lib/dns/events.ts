/**
 * What resolvers tell whoever counts, over a channel of `node:diagnostics_channel`: without listeners nothing is even
 * put together, and a filter of one's own that has a resolver from another copy of this library is heard just as well.
 *
 * @module
 */

import { channel } from "node:diagnostics_channel";
import type { TxtAnswer } from "./resolver.ts";

/** The name of the channel. */
export const DNS_CHANNEL = "milterkit:dns";

/** What a resolver did. No names and no records: those come from strangers. */
export type DnsEvent =
  /** A question whose answer was at hand. */
  | { readonly type: "cached" }
  /** A message went to a name server. */
  | { readonly type: "query"; readonly transport: "udp" | "tcp" }
  /** A question that went to the network has its answer. */
  | { readonly type: "lookup"; readonly status: TxtAnswer["status"]; readonly milliseconds: number };

/** The channel. */
export const dnsEvents = channel(DNS_CHANNEL);
