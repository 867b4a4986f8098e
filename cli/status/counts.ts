/**
 * Counts by name, bounded.
 *
 * @module
 */

/** Names that are kept apart at most; what comes beyond is left out. */
const NAMES = 256;

/** Counts by name. */
export class Counts {
  readonly #counts = new Map<string, number>();

  /** Adds what was counted elsewhere. */
  add(counts: Readonly<Record<string, number>> | Counts): void {
    const entries = counts instanceof Counts ? counts.#counts : Object.entries(counts);
    for (const [name, count] of entries) {
      const before = this.#counts.get(name);
      if (before === undefined && this.#counts.size >= NAMES) continue;
      this.#counts.set(name, (before ?? 0) + count);
    }
  }

  /** How many of this name there are. */
  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** All of them together. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** As data. */
  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
