/**
 * Follows changes of files while mail flows.
 *
 * @module
 */

/** Where something comes from that may change. */
export interface LiveSource<T> {
  /** A text that is another one if something changed. */
  fingerprint(): Promise<string>;
  /** Reads what is there; throws if any of it cannot be used. */
  read(): T;
  /** The same without holding up the mail. @default `read` */
  readAgain?(): Promise<T>;
  /** The fingerprint before the first `read`; undefined if a change right after it would not show. */
  known?(): string | undefined;
}

/** Told of changes. */
export interface LiveLog {
  info(text: string): void;
  error(text: string): void;
}

/** What the log says. */
export interface LiveWords {
  /** Of what goes on after a change that cannot be used, such as `The keys that were read before go on signing`. */
  readonly kept: string;
  /** If such a change was taken back, such as `the keys are as before again`. */
  readonly again: string;
}

/**
 * Holds what was read last and was good. A change is taken over once it is complete: if nothing changed from one look to the
 * next. What cannot be used is reported once, and what was there before stays.
 */
export class LiveValue<T> {
  readonly #source: LiveSource<T>;
  readonly #log: LiveLog;
  readonly #words: LiveWords;
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
   * @param words what the log says
   * @throws whatever `read` of the source does
   */
  constructor(source: LiveSource<T>, log: LiveLog, words: LiveWords) {
    this.#source = source;
    this.#log = log;
    this.#words = words;
    this.#taken = source.known?.();
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
   * start, once, if it may have changed at that moment
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
