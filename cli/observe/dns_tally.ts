/**
 * What a process asked name servers, counted.
 *
 * @module
 */

import { DNS_CHANNEL, type DnsEvent } from "../../lib/dns/events.ts";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Latencies } from "./tally.ts";
import { addCounts, addLatencies, addLatency, addOne, emptyLatencies } from "./tally_sum.ts";

/** Questions for records, and what came of them. */
export interface DnsTally {
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
export function emptyDnsTally(): DnsTally {
  return { cached: 0, queries: {}, lookups: {}, time: emptyLatencies() };
}

/** Adds what was asked to what had been asked before. */
export function addDnsTally(into: DnsTally, delta: DnsTally): void {
  into.cached += delta.cached;
  addCounts(into.queries, delta.queries);
  addCounts(into.lookups, delta.lookups);
  addLatencies(into.time, delta.time);
}

/** Listens to all resolvers of this process. */
export class DnsRecorder {
  #tally = emptyDnsTally();
  readonly #heard = (event: unknown): void => this.#record(event as DnsEvent);

  constructor() {
    subscribe(DNS_CHANNEL, this.#heard);
  }

  /** What was asked since this was last called. */
  take(): DnsTally {
    const tally = this.#tally;
    this.#tally = emptyDnsTally();
    return tally;
  }

  /** Listens no more. */
  close(): void {
    unsubscribe(DNS_CHANNEL, this.#heard);
  }

  #record(event: DnsEvent): void {
    switch (event.type) {
      case "cached":
        this.#tally.cached++;
        return;
      case "query":
        return addOne(this.#tally.queries, event.transport);
      case "lookup":
        addOne(this.#tally.lookups, event.status);
        return addLatency(this.#tally.time, event.milliseconds / 1000);
    }
  }
}
