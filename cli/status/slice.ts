/**
 * What happened in a stretch of time.
 *
 * @module
 */

import { type FilterTally, type Latencies, LATENCY_BOUNDS, type TallyDelta } from "../observe/tally.ts";
import { Counts } from "./counts.ts";

/** Filters that are kept apart at most. */
const FILTERS = 64;
/** The name that those beyond have together. No filter can have it. */
export const OTHER_FILTERS = "(others)";

/** What one filter did. */
export class FilterSlice {
  messages = 0;
  dryRun = false;
  /** By event and kind, such as `rcpt reject`. */
  readonly verdicts: Counts = new Counts();
  /** By event. */
  readonly errors: Counts = new Counts();
  /** By kind. */
  readonly changes: Counts = new Counts();
  readonly time: Latencies = noLatencies();

  /** Adds what it did elsewhere or at another time. */
  add(other: Omit<FilterTally, "verdicts" | "errors" | "changes"> & CountsOf): void {
    this.messages += other.messages;
    this.dryRun = other.dryRun;
    this.verdicts.add(other.verdicts);
    this.errors.add(other.errors);
    this.changes.add(other.changes);
    addLatencies(this.time, other.time);
  }
}

interface CountsOf {
  readonly verdicts: Counts | FilterTally["verdicts"];
  readonly errors: Counts | FilterTally["errors"];
  readonly changes: Counts | FilterTally["changes"];
}

/** What all of them did. */
export class Slice {
  /** In the order in which they were heard of. */
  readonly filters: Map<string, FilterSlice> = new Map();
  /** Messages by outcome. */
  readonly outcomes: Counts = new Counts();
  /** Of messages. */
  readonly time: Latencies = noLatencies();
  /** Other events of the server by type. */
  readonly events: Counts = new Counts();

  /** Adds what happened elsewhere. */
  add(delta: Omit<TallyDelta, "refusals">): void {
    for (const [name, filter] of Object.entries(delta.filters)) this.#filter(name).add(filter);
    this.#addWhole(delta);
  }

  /** Adds what happened at another time. */
  merge(other: Slice): void {
    for (const [name, filter] of other.filters) this.#filter(name).add(filter);
    this.#addWhole(other);
  }

  #addWhole({ outcomes, time, events }: Pick<Slice | TallyDelta, "outcomes" | "time" | "events">): void {
    this.outcomes.add(outcomes);
    this.events.add(events);
    addLatencies(this.time, time);
  }

  #filter(name: string): FilterSlice {
    const known = this.filters.get(name);
    if (known) return known;
    if (this.filters.size >= FILTERS && name !== OTHER_FILTERS) return this.#filter(OTHER_FILTERS);
    const filter = new FilterSlice();
    this.filters.set(name, filter);
    return filter;
  }
}

function noLatencies(): Latencies {
  return { count: 0, seconds: 0, buckets: new Array(LATENCY_BOUNDS.length + 1).fill(0) };
}

function addLatencies(sum: Latencies, more: Latencies): void {
  sum.count += more.count;
  sum.seconds += more.seconds;
  for (let i = 0; i < sum.buckets.length; i++) sum.buckets[i] += more.buckets[i] ?? 0;
}
