/**
 * The last half hour, in slices of ten seconds: what the status page shows. Its memory is bounded, whatever comes.
 *
 * @module
 */

import type { MailCounts } from "../mail_counts.ts";
import { addMailCounts, emptyMailCounts } from "../add_counts.ts";
import { type KeptRefusal, RefusalList } from "./refusal_list.ts";

/** How long a slice is, in seconds. */
export const SLICE_SECONDS = 10;
/** How far back it goes, in minutes. */
export const HISTORY_MINUTES = 30;

/** Slices that are over, and the one that is not. */
const SLICES = HISTORY_MINUTES * 60 / SLICE_SECONDS + 1;

/** Filters that are kept apart at most. */
const FILTERS = 64;
/** The name that those beyond have together. No filter has it. */
export const OTHER_FILTERS = "(others)";

/** What happened in a stretch of time. */
export type Slice = Omit<MailCounts, "refusals">;

/** What happened from some time on until now. */
export interface Period {
  /** Slice by slice, oldest first; undefined where nothing happened. The last one is not over yet. */
  readonly slices: readonly (Slice | undefined)[];
  /** All of them together. */
  readonly sum: Slice;
}

/** Collects what processes count. */
export class History {
  /** Slice number n, counted from the beginning of the clock, is at n modulo their number. */
  readonly #ring: (MailCounts | undefined)[] = new Array(SLICES).fill(undefined);
  /** Filters that are kept apart. */
  #names = new Set<string>();
  readonly #refusals = new RefusalList();
  readonly #now: () => number;
  #newest: number;

  /** @param now the time in milliseconds, by a clock that nobody sets */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#newest = this.#current();
  }

  /** Adds what happened in a process since it was asked last. */
  add(delta: MailCounts): void {
    this.#advance();
    const slice = this.#ring[this.#newest % SLICES] ??= emptySlice();
    addMailCounts(slice, { ...delta, filters: {}, refusals: [] });
    for (const [name, filter] of Object.entries(delta.filters)) {
      addMailCounts(slice, { ...emptyMailCounts(), filters: { [this.#keptName(name)]: filter } });
    }
    this.#refusals.add(delta.refusals);
  }

  /**
   * What happened in the last minutes.
   *
   * @param minutes from 1 to {@linkcode HISTORY_MINUTES}
   */
  last(minutes: number): Period {
    this.#advance();
    const over = Math.min(SLICES - 1, minutes * 60 / SLICE_SECONDS);
    const slices = Array.from({ length: over + 1 }, (_, i) => this.#slice(this.#newest - over + i));
    const sum = emptySlice();
    for (const slice of slices) if (slice) addMailCounts(sum, slice);
    return { slices, sum };
  }

  /** The last refusals, newest first. */
  get refusals(): readonly KeptRefusal[] {
    return this.#refusals.newestFirst;
  }

  /** The name under which a filter is kept. */
  #keptName(name: string): string {
    if (this.#names.has(name)) return name;
    if (this.#names.size >= FILTERS) this.#names = this.#namesInSlices();
    if (this.#names.size >= FILTERS) return OTHER_FILTERS;
    this.#names.add(name);
    return name;
  }

  #namesInSlices(): Set<string> {
    const names = new Set(this.#ring.flatMap((slice) => Object.keys(slice?.filters ?? {})));
    names.delete(OTHER_FILTERS);
    return names;
  }

  #slice(number: number): MailCounts | undefined {
    return number < 0 ? undefined : this.#ring[number % SLICES];
  }

  /** Forgets what is too old by now. */
  #advance(): void {
    const current = this.#current();
    const passed = Math.min(SLICES, current - this.#newest);
    for (let i = 0; i < passed; i++) this.#ring[(current - i) % SLICES] = undefined;
    if (passed > 0) this.#newest = current;
  }

  #current(): number {
    return Math.floor(this.#now() / 1000 / SLICE_SECONDS);
  }
}

/** Nothing has happened. A filter may be called what objects have of themselves, such as `constructor`. */
function emptySlice(): MailCounts {
  return { ...emptyMailCounts(), filters: Object.create(null) };
}
