/**
 * Starts workers together: all of them become ready, or all are killed.
 *
 * @module
 */

import type { WorkerEnd, WorkerProcess } from "./worker_process.ts";

/** Limits of a start. */
export interface StartLimits {
  /** How long it may take, in milliseconds. @default unlimited */
  readonly milliseconds?: number | undefined;
  /** Abandons it. */
  readonly signal?: AbortSignal | undefined;
}

/** Workers that are starting together. */
export class WorkerStart {
  /** The workers. */
  readonly workers: readonly WorkerProcess[];
  readonly #allReady: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;

  /** @param workers the workers, just started */
  constructor(workers: readonly WorkerProcess[]) {
    this.workers = workers;
    this.#allReady = new Promise((resolve, reject) => [this.#resolve, this.#reject] = [resolve, reject]);
  }

  /** Notes that a worker is ready, whether one of these or not. */
  ready(): void {
    if (this.workers.every(({ ready }) => ready)) this.#resolve();
  }

  /** Notes that a worker has ended, whether one of these or not. */
  ended(worker: WorkerProcess, end: WorkerEnd): void {
    if (this.workers.includes(worker)) this.#reject(new WorkerStartError(end));
  }

  /**
   * Waits until all are ready.
   *
   * @throws {WorkerStartError} if one fails or the limits are reached; all of them are killed then
   */
  async finish({ milliseconds, signal }: StartLimits): Promise<readonly WorkerProcess[]> {
    const giveUp = (reason: string) =>
      this.#reject(new WorkerStartError({ code: null, signal: null, reason, lost: 0, offer: undefined }));
    const aborted = () => giveUp("the start was abandoned");
    const timer = milliseconds === undefined
      ? undefined
      : setTimeout(() => giveUp(`it was not ready after ${milliseconds / 1000} s`), milliseconds);
    signal?.addEventListener("abort", aborted);
    try {
      await this.#allReady;
      return this.workers;
    } catch (error) {
      for (const worker of this.workers) worker.kill();
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    }
  }
}

/** Thrown if a worker could not be started; another attempt would fail too. */
export class WorkerStartError extends Error {
  override readonly name = "WorkerStartError";
  /** Always `worker-start`. */
  readonly code = "worker-start";
  /** How it ended. */
  readonly value: WorkerEnd;

  /** @param end how it ended */
  constructor(end: WorkerEnd) {
    super(`Cannot start a worker: ${end.reason ?? `it ${howItEnded(end)} before it could serve`}`);
    this.value = end;
  }
}

/** Returns how a worker ended, in words that follow its name. */
export function howItEnded({ code, signal, reason }: WorkerEnd): string {
  if (reason !== undefined) return `could not serve: ${reason}`;
  return signal === null ? `ended with exit code ${code}` : `ended by ${signal}`;
}
