/**
 * Follows changes of keys while mail flows.
 *
 * @module
 */
import type { Logger } from "../../../lib/filter/logger.ts";

/** Where keys come from. */
export interface LiveSource<T> {
  /** A text that is another one if something changed. */
  fingerprint(): Promise<string>;
  /** Reads what is there; throws if any of it cannot be used. */
  read(): T;
}

/**
 * Holds what was read last and was good. A change is taken over once it is complete: if nothing changed from one look to the
 * next. What cannot be used is reported once, and what was there before stays.
 */
export class LiveKeys<T> {
  readonly #source: LiveSource<T>;
  readonly #log: Logger;
  #current: T;
  /** The fingerprint at the last look. */
  #seen: string | undefined;
  /** That of what was taken over, and of what was refused after it. */
  #taken: string | undefined;
  #refused: string | undefined;

  /**
   * Reads what is there.
   *
   * @param source where it comes from
   * @param log told of changes
   * @throws whatever `read` of the source does
   */
  constructor(source: LiveSource<T>, log: Logger) {
    this.#source = source;
    this.#log = log;
    this.#current = source.read();
  }

  /** What was read last and was good. */
  get current(): T {
    return this.#current;
  }

  /**
   * Looks whether something changed.
   *
   * @returns `unchanged` also for a change that is not complete, or was refused before; `used` also for what was read at the
   * start, once, since it may have changed at that moment
   */
  async look(): Promise<"unchanged" | "used" | "refused"> {
    const now = await this.#source.fingerprint();
    const isStable = now === this.#seen;
    this.#seen = now;
    if (!isStable || now === this.#refused) return "unchanged";
    if (now === this.#taken) {
      if (this.#refused !== undefined) this.#log.info("the keys are as before again");
      this.#refused = undefined;
      return "unchanged";
    }
    try {
      this.#current = this.#source.read();
    } catch (error) {
      this.#refused = now;
      const { message } = error as Error;
      this.#log.error(`${message}. The keys that were read before go on signing`);
      return "refused";
    }
    this.#taken = now;
    this.#refused = undefined;
    return "used";
  }
}
