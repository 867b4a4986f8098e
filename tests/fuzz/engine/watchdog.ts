/**
 * Notices a case that never ends: a loop cannot be left from inside its own thread.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { MOST_BYTES } from "./mutate.ts";

/** What the watching thread is given. */
export interface Watched {
  /**
   * The number of cases begun (0: none is at work), the length of the one at hand and that of its target's name; then
   * the name and the case.
   */
  readonly shared: SharedArrayBuffer;
  /** How long a case may take, in milliseconds. */
  readonly longest: number;
}

/** Bytes of the numbers. */
export const NUMBERS = 12;
/** Room for a target's name. */
export const MOST_NAME = 64;

/**
 * Watches the cases of this process. One that takes too long is kept, told of on standard error, and the process killed:
 * there is no other way out of its loop.
 */
export class Watchdog {
  readonly #worker: Worker;
  readonly #numbers: Int32Array;
  readonly #name: Uint8Array;
  readonly #bytes: Uint8Array;
  #begun = 0;

  /** @param longest how long a case may take, in milliseconds */
  constructor(longest = 30_000) {
    const shared = new SharedArrayBuffer(NUMBERS + MOST_NAME + MOST_BYTES);
    this.#numbers = new Int32Array(shared, 0, NUMBERS / 4);
    this.#name = new Uint8Array(shared, NUMBERS, MOST_NAME);
    this.#bytes = new Uint8Array(shared, NUMBERS + MOST_NAME);
    const watched: Watched = { shared, longest };
    this.#worker = new Worker(new URL("./watchdog_thread.ts", import.meta.url), { workerData: watched });
    this.#worker.unref();
  }

  /** A case begins, and the one before has ended. */
  begins(target: string, bytes: Uint8Array): void {
    for (let i = 0; i < target.length; i++) this.#name[i] = target.charCodeAt(i);
    this.#bytes.set(bytes.length > MOST_BYTES ? bytes.subarray(0, MOST_BYTES) : bytes);
    this.#numbers[1] = Math.min(bytes.length, MOST_BYTES);
    this.#numbers[2] = target.length;
    Atomics.store(this.#numbers, 0, ++this.#begun);
  }

  /** No case is at work. */
  rests(): void {
    Atomics.store(this.#numbers, 0, 0);
  }

  /** Watches no more. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
