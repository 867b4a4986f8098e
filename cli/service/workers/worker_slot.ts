/**
 * The place of one worker, which another one takes when it dies.
 *
 * @module
 */

import type { WorkerProcess } from "./worker_process.ts";

/** A worker that lived for so long is started again at once, in milliseconds. */
const LIVED_WELL = 10_000;
/** Longest wait before a worker is started again, in milliseconds. */
const LONGEST_WAIT = 30_000;

/** A place, with the worker that it has or had last. */
export class WorkerSlot {
  /** The number of its workers. */
  readonly number: number;
  /** The worker. */
  worker: WorkerProcess;
  #startedAt = performance.now();
  /** How often a worker has died soon after its start, in a row. */
  #earlyDeaths = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param worker just started */
  constructor(worker: WorkerProcess) {
    this.number = worker.number;
    this.worker = worker;
  }

  /**
   * Starts another worker, now or later: one, however often it is asked before.
   *
   * @param spawn starts it
   * @returns when, in words
   */
  restart(spawn: () => WorkerProcess): string {
    const wait = this.#waitBeforeRestart();
    this.cancelRestart();
    this.#timer = setTimeout(() => {
      this.#startedAt = performance.now();
      this.worker = spawn();
    }, wait);
    return wait === 0 ? "starting another one" : `starting another one in ${wait / 1000} s`;
  }

  /** Starts none any more. */
  cancelRestart(): void {
    clearTimeout(this.#timer);
  }

  #waitBeforeRestart(): number {
    if (performance.now() - this.#startedAt > LIVED_WELL) this.#earlyDeaths = 0;
    else this.#earlyDeaths++;
    return this.#earlyDeaths <= 1 ? 0 : Math.min(1000 * 2 ** (this.#earlyDeaths - 2), LONGEST_WAIT);
  }
}
