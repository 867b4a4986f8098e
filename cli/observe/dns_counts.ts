/**
 * Counts the DNS lookups of a process.
 *
 * @module
 */

import { DNS_CHANNEL, type DnsEvent } from "../../lib/dns/events.ts";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Latencies } from "./mail_counts.ts";
import { addLatencies, addLatency, emptyLatencies } from "./add_counts.ts";
import { addCounts, addOne } from "./count_map.ts";

/** Counts of lookups. */
export interface DnsCounts {
  /** Lookups answered from the cache. */
  cached: number;
  /** Queries sent to name servers, by transport: `udp`, `tcp`. */
  queries: Record<string, number>;
  /** Lookups that went to the network, by result: `found`, `nxdomain`, `timeout` and so on. */
  lookups: Record<string, number>;
  /** The durations of those. */
  time: Latencies;
}

/** Returns counts of zero. */
export function emptyDnsCounts(): DnsCounts {
  return { cached: 0, queries: {}, lookups: {}, time: emptyLatencies() };
}

/** Adds counts to others. */
export function addDnsCounts(into: DnsCounts, delta: DnsCounts): void {
  into.cached += delta.cached;
  addCounts(into.queries, delta.queries);
  addCounts(into.lookups, delta.lookups);
  addLatencies(into.time, delta.time);
}

/** Counts the lookups of all resolvers of this process. */
export class DnsRecorder {
  #counts = emptyDnsCounts();
  readonly #heard = (event: unknown): void => this.#record(event as DnsEvent);

  constructor() {
    subscribe(DNS_CHANNEL, this.#heard);
  }

  /** Returns the counts since the last call. */
  take(): DnsCounts {
    const counts = this.#counts;
    this.#counts = emptyDnsCounts();
    return counts;
  }

  /** Stops counting. */
  close(): void {
    unsubscribe(DNS_CHANNEL, this.#heard);
  }

  #record(event: DnsEvent): void {
    switch (event.type) {
      case "cached":
        this.#counts.cached++;
        return;
      case "query":
        return addOne(this.#counts.queries, event.transport);
      case "lookup":
        addOne(this.#counts.lookups, event.status);
        return addLatency(this.#counts.time, event.milliseconds / 1000);
    }
  }
}
