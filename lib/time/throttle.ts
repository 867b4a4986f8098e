/**
 * Telling what happens once, and not again for each of thousands that come behind it.
 *
 * @module
 */

/** How long nothing more is told of one thing, in milliseconds. */
const QUIET = 10_000;

interface Told {
  at: number;
  missed: number;
}

/** Lets a notice of each thing through now and then. */
export class Throttle {
  readonly #told = new Map<string, Told>();

  /**
   * Whether to tell of something now.
   *
   * @param what its name, of which there are few: all are kept
   * @param now the time, in milliseconds
   * @returns how often it happened since it was told last; undefined where nothing is to be told
   */
  due(what: string, now: number): number | undefined {
    const told = this.#told.get(what);
    if (told && now - told.at < QUIET) {
      told.missed++;
      return undefined;
    }
    this.#told.set(what, { at: now, missed: 0 });
    return told?.missed ?? 0;
  }
}
