/**
 * Follows changes of files while mail flows.
 *
 * @module
 */

/** A source of something that may change. */
export interface LiveSource<T> {
  /** A text that changes whenever the source changes. */
  fingerprint(): Promise<string>;
  /** Reads the current content; throws if any of it is invalid. */
  read(): T;
  /** The same without holding up the mail. @default `read` */
  readAgain?(): Promise<T>;
  /** The fingerprint before the first `read`; undefined if a change right after it would not show. */
  known?(): string | undefined;
}

/** Receives messages about changes. */
export interface LiveLog {
  info(text: string): void;
  error(text: string): void;
}

/** The texts for the log. */
export interface LiveWords {
  /** What stays in force after an invalid change, such as `The keys that were read before go on signing`. */
  readonly kept: string;
  /** That such a change was undone, such as `the keys are as before again`. */
  readonly again: string;
}

/**
 * Holds the last valid content. A change takes effect once it is complete, that is, if nothing changed between two
 * checks. Invalid content is reported once, and the previous content stays.
 */
export class LiveValue<T> {
  readonly #source: LiveSource<T>;
  readonly #log: LiveLog;
  readonly #words: LiveWords;
  #current: T;
  /** The fingerprint at the last check. */
  #seen: string | undefined;
  /** The fingerprint of the content in force, and of content that was refused since. */
  #taken: string | undefined;
  #refused: string | undefined;

  /**
   * Reads the initial content.
   *
   * @param source where it comes from
   * @param log receives messages about changes
   * @param words the texts for the log
   * @throws whatever `read` of the source does
   */
  constructor(source: LiveSource<T>, log: LiveLog, words: LiveWords) {
    this.#source = source;
    this.#log = log;
    this.#words = words;
    this.#taken = source.known?.();
    this.#current = source.read();
  }

  /** The last valid content. */
  get current(): T {
    return this.#current;
  }

  /**
   * Checks whether something changed.
   *
   * @returns `unchanged` also for a change that is not complete or was refused before; `used` also, once, for the
   * initial content if it may have changed while it was read
   */
  async look(): Promise<"unchanged" | "used" | "refused"> {
    const now = await this.#source.fingerprint();
    const isStable = now === this.#seen;
    this.#seen = now;
    if (!isStable || now === this.#refused) return "unchanged";
    if (now === this.#taken) {
      if (this.#refused !== undefined) this.#log.info(this.#words.again);
      this.#refused = undefined;
      return "unchanged";
    }
    try {
      this.#current = await (this.#source.readAgain?.() ?? this.#source.read());
    } catch (error) {
      this.#refused = now;
      const { message } = error as Error;
      this.#log.error(`${message}. ${this.#words.kept}`);
      return "refused";
    }
    this.#taken = now;
    this.#refused = undefined;
    return "used";
  }
}
