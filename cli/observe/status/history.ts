/**
 * Keeps the counts of the last half hour in slices of ten seconds, for the status page, in bounded memory.
 *
 * @module
 */

import type { MailCounts } from "../mail_counts.ts";
import { addMailCounts, emptyMailCounts } from "../add_counts.ts";
import { keepWorst, noFailingDomains } from "../failing_domains.ts";
import { type KeptRefusal, RefusalList } from "./refusal_list.ts";

/** The length of a slice, in seconds. */
export const SLICE_SECONDS = 10;
/** The length of the history, in minutes. */
export const HISTORY_MINUTES = 30;

/** The number of slices: complete ones, and the current one. */
const SLICES = HISTORY_MINUTES * 60 / SLICE_SECONDS + 1;

/** The most filters that are counted separately. */
const FILTERS = 64;
/** The common name of further filters. No filter can have it. */
export const OTHER_FILTERS = "(others)";

/** The most domains that fail DMARC to keep in a complete slice. */
const KEPT_DOMAINS = 64;
/** The most in the current one: what fails again and again stands out among random domains only after some time. */
const CURRENT_DOMAINS = 2000;

/** The counts of a stretch of time. */
export type Slice = Omit<MailCounts, "refusals">;

/** The counts of a period that ends now. */
export interface Period {
  /** The slices, oldest first; undefined if nothing happened. The last one is not complete. */
  readonly slices: readonly (Slice | undefined)[];
  /** How many of them, the oldest, ended before this history began. */
  readonly missing: number;
  /** Their sum. */
  readonly sum: Slice;
}

/** Collects the counts of all processes. */
export class History {
  /** Slice number n, counted from the start of the clock, is at index n modulo the number of slices. */
  readonly #ring: (MailCounts | undefined)[] = new Array(SLICES).fill(undefined);
  /** The filters that are counted separately. */
  #names = new Set<string>();
  readonly #refusals = new RefusalList();
  readonly #now: () => number;
  #newest: number;
  /** The slice in which it began. */
  readonly #first: number;

  /** @param now returns the time in milliseconds, by a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#newest = this.#first = this.#current();
  }

  /** Adds new counts of a process. */
  add(delta: MailCounts): void {
    this.#advance();
    const slice = this.#ring[this.#newest % SLICES] ??= emptyMailCounts();
    addMailCounts(slice, { ...delta, filters: {}, labels: {}, refusals: [] }, CURRENT_DOMAINS);
    for (const [name, filter] of Object.entries(delta.filters)) {
      addMailCounts(slice, { ...emptyMailCounts(), filters: { [this.#keptName(name)]: filter } });
    }
    this.#refusals.add(delta.refusals);
  }

  /** Forgets whom mail was from and for; the figures stay. */
  forgetNames(): void {
    this.#refusals.forget();
    for (const slice of this.#ring) if (slice) slice.auth.failing = noFailingDomains();
  }

  /**
   * Returns the counts of the last minutes.
   *
   * @param minutes from 1 to {@linkcode HISTORY_MINUTES}
   */
  last(minutes: number): Period {
    this.#advance();
    const over = Math.min(SLICES - 1, minutes * 60 / SLICE_SECONDS);
    const slices = Array.from({ length: over + 1 }, (_, i) => this.#slice(this.#newest - over + i));
    const sum = emptyMailCounts();
    // All domains, so that one that fails slowly but steadily is found among many that fail for a short time.
    for (const slice of slices) if (slice) addMailCounts(sum, slice, Infinity);
    const missing = Math.max(0, this.#first - (this.#newest - over));
    return { slices, missing: Math.min(missing, over), sum };
  }

  /** The last refusals, newest first. */
  get refusals(): readonly KeptRefusal[] {
    return this.#refusals.newestFirst;
  }

  /** Returns the name under which a filter is counted. */
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

  /** Drops slices that are too old. */
  #advance(): void {
    const current = this.#current();
    const passed = Math.min(SLICES, current - this.#newest);
    const complete = passed > 0 ? this.#slice(this.#newest) : undefined;
    if (complete) keepWorst(complete.auth.failing, KEPT_DOMAINS);
    for (let i = 0; i < passed; i++) this.#ring[(current - i) % SLICES] = undefined;
    if (passed > 0) this.#newest = current;
  }

  #current(): number {
    return Math.floor(this.#now() / 1000 / SLICE_SECONDS);
  }
}
