/**
 * Telling that a limit was reached, and not again for each of thousands that come behind it.
 *
 * @module
 */

/** How long nothing more is told of one limit, in milliseconds. */
const QUIET = 10_000;

interface Told {
  at: number;
  missed: number;
}

/** Lets a notice of each limit through now and then. */
export class LimitNotice {
  readonly #told = new Map<string, Told>();

  /**
   * Whether to tell of a limit now.
   *
   * @param limit its name
   * @param now the time, in milliseconds
   * @returns how often it was reached since it was told last; undefined where nothing is to be told
   */
  due(limit: string, now: number): number | undefined {
    const told = this.#told.get(limit);
    if (told && now - told.at < QUIET) {
      told.missed++;
      return undefined;
    }
    this.#told.set(limit, { at: now, missed: 0 });
    return told?.missed ?? 0;
  }
}
