/**
 * A bounded cache whose entries expire.
 *
 * @module
 */

/** Keeps values by name until their time is over, and at most so many of them. */
export class ExpiringCache<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly expires: number }>();
  readonly #capacity: number;
  readonly #now: () => number;

  /**
   * @param capacity The most entries kept; when full, the one used longest ago goes. 0 keeps none.
   * @param now A clock in milliseconds which never goes back.
   */
  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  /** How many entries are held, expired ones included. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value kept under `key`, or undefined if there is none or its time is over. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expires <= this.#now()) return undefined;
    this.#entries.set(key, entry); // a Map keeps insertion order: the first is the one used longest ago
    return entry.value;
  }

  /** Keeps `value` under `key` for `seconds`; 0 or less keeps nothing. */
  set(key: string, value: T, seconds: number): void {
    this.#entries.delete(key);
    if (seconds <= 0 || this.#capacity <= 0) return;
    if (this.#entries.size >= this.#capacity) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, { value, expires: this.#now() + seconds * 1000 });
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }
}
