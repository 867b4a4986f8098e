/**
 * What a process asked name servers, counted.
 *
 * @module
 */

import { DNS_CHANNEL, type DnsEvent } from "../../lib/dns/events.ts";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Latencies } from "./mail_counts.ts";
import { addCounts, addLatencies, addLatency, addOne, emptyLatencies } from "./add_counts.ts";

/** Questions for records, and what came of them. */
export interface DnsCounts {
  /** Questions whose answer was at hand. */
  cached: number;
  /** Messages to name servers, by transport: `udp`, `tcp`. */
  queries: Record<string, number>;
  /** Questions that went to the network, by the status of their answer: `found`, `nxdomain`, `timeout` and so on. */
  lookups: Record<string, number>;
  /** How long those took. */
  time: Latencies;
}

/** Nothing was asked. */
export function emptyDnsCounts(): DnsCounts {
  return { cached: 0, queries: {}, lookups: {}, time: emptyLatencies() };
}

/** Adds what was asked to what had been asked before. */
export function addDnsCounts(into: DnsCounts, delta: DnsCounts): void {
  into.cached += delta.cached;
  addCounts(into.queries, delta.queries);
  addCounts(into.lookups, delta.lookups);
  addLatencies(into.time, delta.time);
}

/** Listens to all resolvers of this process. */
export class DnsRecorder {
  #counts = emptyDnsCounts();
  readonly #heard = (event: unknown): void => this.#record(event as DnsEvent);

  constructor() {
    subscribe(DNS_CHANNEL, this.#heard);
  }

  /** What was asked since this was last called. */
  take(): DnsCounts {
    const counts = this.#counts;
    this.#counts = emptyDnsCounts();
    return counts;
  }

  /** Listens no more. */
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
