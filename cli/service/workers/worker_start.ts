/**
 * Workers that start together: all of them come up, or none is left.
 *
 * @module
 */

import type { WorkerEnd, WorkerProcess } from "./worker_process.ts";

/** How long a start may take. */
export interface StartLimits {
  /** In milliseconds. @default as long as it takes */
  readonly milliseconds?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/** Workers of which not all are ready yet. */
export class WorkerStart {
  /** The workers. */
  readonly workers: readonly WorkerProcess[];
  readonly #allReady: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;

  /** @param workers just started */
  constructor(workers: readonly WorkerProcess[]) {
    this.workers = workers;
    this.#allReady = new Promise((resolve, reject) => [this.#resolve, this.#reject] = [resolve, reject]);
  }

  /** One of them, or another one, is ready. */
  ready(): void {
    if (this.workers.every(({ ready }) => ready)) this.#resolve();
  }

  /** One of them, or another one, has ended. */
  ended(worker: WorkerProcess, end: WorkerEnd): void {
    if (this.workers.includes(worker)) this.#reject(new WorkerStartError(end));
  }

  /**
   * Waits until all are ready.
   *
   * @throws {WorkerStartError} where that does not come; none of them is left then
   */
  async finish({ milliseconds, signal }: StartLimits): Promise<readonly WorkerProcess[]> {
    const giveUp = (reason: string) =>
      this.#reject(new WorkerStartError({ code: null, signal: null, reason, lost: 0, offer: undefined }));
    const aborted = () => giveUp("it was given up");
    const timer = milliseconds === undefined
      ? undefined
      : setTimeout(() => giveUp(`it is not ready after ${milliseconds / 1000} s`), milliseconds);
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

/** A worker could not be started, which would be so again. */
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

/** How a worker ended, in words that go on from its name. */
export function howItEnded({ code, signal, reason }: WorkerEnd): string {
  if (reason !== undefined) return `could not serve: ${reason}`;
  return signal === null ? `ended with exit code ${code}` : `ended by ${signal}`;
}
