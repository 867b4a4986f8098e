/**
 * Limits notices to one per topic in a time.
 *
 * @module
 */

/** The default minimum time between two notices of a topic, in milliseconds. */
const QUIET = 10_000;

interface Told {
  at: number;
  missed: number;
}

/** Decides which notices to give, and counts those that it suppresses. */
export class Throttle {
  readonly #told = new Map<string, Told>();
  readonly #quiet: number;

  /** @param quiet the minimum time between two notices of a topic, in milliseconds */
  constructor(quiet: number = QUIET) {
    this.#quiet = quiet;
  }

  /**
   * Whether to give a notice.
   *
   * @param what its topic; there must be few, since all are kept
   * @param now the time, in milliseconds
   * @returns how many notices of the topic were suppressed since the last one; undefined to suppress this one too
   */
  due(what: string, now: number): number | undefined {
    const told = this.#told.get(what);
    if (told && now - told.at < this.#quiet) {
      told.missed++;
      return undefined;
    }
    this.#told.set(what, { at: now, missed: 0 });
    return told?.missed ?? 0;
  }
}
