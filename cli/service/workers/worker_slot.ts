/**
 * A slot of the pool: when its worker dies, another takes its place.
 *
 * @module
 */

import type { WorkerProcess } from "./worker_process.ts";

/** A worker that lived this long is replaced at once, in milliseconds. */
const LIVED_WELL = 10_000;
/** The longest wait before a worker is replaced, in milliseconds. */
const LONGEST_WAIT = 30_000;

/** A slot, with its current or last worker. */
export class WorkerSlot {
  /** The number of its workers. */
  readonly number: number;
  /** The worker. */
  worker: WorkerProcess;
  #startedAt = performance.now();
  /** How many workers in a row have died soon after their start. */
  #earlyDeaths = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param worker the first worker, just started */
  constructor(worker: WorkerProcess) {
    this.number = worker.number;
    this.worker = worker;
  }

  /**
   * Starts another worker, now or later; a second call before that replaces the first.
   *
   * @param spawn starts a worker
   * @returns when, in words for the log
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

  /** Cancels a start that has not yet happened. */
  cancelRestart(): void {
    clearTimeout(this.#timer);
  }

  #waitBeforeRestart(): number {
    if (performance.now() - this.#startedAt > LIVED_WELL) this.#earlyDeaths = 0;
    else this.#earlyDeaths++;
    return this.#earlyDeaths <= 1 ? 0 : Math.min(1000 * 2 ** (this.#earlyDeaths - 2), LONGEST_WAIT);
  }
}
