/**
 * A bounded cache whose entries expire.
 *
 * @module
 */

/** Keeps values by name until they expire, up to a number of entries. */
export class ExpiringCache<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly expires: number }>();
  readonly #capacity: number;
  readonly #now: () => number;

  /**
   * @param capacity the maximum number of entries; when full, the least recently used one is dropped; 0 keeps none
   * @param now a clock in milliseconds that never goes back
   */
  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  /** The number of entries, including expired ones. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value under `key`, or undefined if there is none or it has expired. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expires <= this.#now()) return undefined;
    this.#entries.set(key, entry); // a Map keeps insertion order: the first is the least recently used
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
