/**
 * Starts the workers of a version: the first one loads and checks it, and says what the others have to be. All of them become
 * ready, or all end.
 *
 * @module
 */

import type { SetupSummary } from "../../config/setup_summary.ts";
import type { WorkerEnd, WorkerProcess } from "./worker_process.ts";

/**
 * How long the workers of a version may take to start, in milliseconds: the first one at the start of the service, all of
 * them at a reload. The top level of a filter's file may never end.
 */
export const START_LIMIT = 30_000;

/** Workers that are starting together. */
export class WorkerStart {
  readonly #workers: WorkerProcess[];
  readonly #first: WorkerProcess;
  readonly #loaded = Promise.withResolvers<SetupSummary>();
  readonly #allReady = Promise.withResolvers<void>();
  readonly #failure = Promise.withResolvers<never>();
  readonly #signal: AbortSignal | undefined;
  readonly #abandon = () => this.#giveUp("the start was abandoned");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLoaded = false;
  #isAccepted = false;
  /** Whether all workers have been started. */
  #isComplete = false;
  #state: "starting" | "taken" | "failed" = "starting";
  #error: Error | undefined;

  /**
   * @param first the first worker, just started
   * @param signal abandons the start
   */
  constructor(first: WorkerProcess, signal: AbortSignal | undefined) {
    this.#first = first;
    this.#workers = [first];
    this.#failure.promise.catch(() => {});
    this.#timer = setTimeout(() => this.#giveUp(this.#whyLate()), START_LIMIT);
    this.#signal = signal;
    if (signal?.aborted) this.#abandon();
    else signal?.addEventListener("abort", this.#abandon);
  }

  /** Notes that what the first worker has loaded is to be served. */
  accept(): void {
    this.#isAccepted = true;
  }

  /**
   * Whether a worker has a version that may still be refused. It may say in one breath that it has loaded that and that it is
   * ready; the second waits, as the log gets its format from the version.
   */
  isUndecided(worker: WorkerProcess): boolean {
    return !this.#isAccepted && this.#workers.includes(worker);
  }

  /** The workers so far. */
  get workers(): readonly WorkerProcess[] {
    return this.#workers;
  }

  /** The workers that were ended, since the version is not served. */
  get refused(): readonly WorkerProcess[] {
    return this.#state === "failed" ? this.#workers : [];
  }

  /**
   * Waits until the first worker has loaded the version.
   *
   * @returns what it has loaded
   * @throws {Error} the error that it reports, as if this process had loaded the version
   * @throws {WorkerStartError} if it ends without one, or takes too long
   */
  async loaded(): Promise<SetupSummary> {
    return await Promise.race([this.#loaded.promise, this.#failure.promise]);
  }

  /**
   * Starts the others, and waits until all are ready.
   *
   * @param others starts them
   * @param isLimited whether {@linkcode START_LIMIT} goes on; otherwise they may take any time
   * @throws {WorkerStartError} if one fails or takes too long
   */
  async finish(others: () => readonly WorkerProcess[], isLimited: boolean): Promise<void> {
    if (!isLimited) clearTimeout(this.#timer);
    if (this.#state === "starting") this.#workers.push(...others());
    this.#isComplete = true;
    this.ready();
    await Promise.race([this.#allReady.promise, this.#failure.promise]);
  }

  /**
   * Returns the workers, which serve from now on.
   *
   * @throws {WorkerStartError} if one has ended, or the start was abandoned, since all were ready
   */
  take(): readonly WorkerProcess[] {
    if (this.#error) throw this.#error;
    this.#end("taken");
    return this.#workers;
  }

  /** Ends all of them, unless they serve. */
  cancel(): void {
    this.#abandon();
  }

  /** Notes that a worker has loaded the version, whether one of these or not. */
  heardOf(worker: WorkerProcess, summary: SetupSummary): void {
    if (worker !== this.#first) return;
    this.#isLoaded = true;
    this.#loaded.resolve(summary);
  }

  /** Notes that a worker is ready, whether one of these or not. */
  ready(): void {
    if (this.#isComplete && this.#workers.every(({ ready }) => ready)) this.#allReady.resolve();
  }

  /** Notes that a worker has ended, whether one of these or not. */
  ended(worker: WorkerProcess, end: WorkerEnd): void {
    if (!this.#workers.includes(worker)) return;
    this.#fail(this.#isLoaded || !end.error ? new WorkerStartError(end) : end.error);
  }

  #giveUp(reason: string): void {
    this.#fail(new WorkerStartError({ code: null, signal: null, reason, lost: 0, offer: undefined }));
  }

  #whyLate(): string {
    const late = `after ${START_LIMIT / 1000} s`;
    return this.#isLoaded
      ? `it was not ready ${late}`
      : `it has not loaded its filters ${late}; is there an endless loop in a filter's file or its create()?`;
  }

  #fail(error: Error): void {
    if (this.#state !== "starting") return;
    this.#end("failed");
    this.#error = error;
    this.#failure.reject(error);
    for (const worker of this.#workers) worker.discard();
  }

  #end(state: "taken" | "failed"): void {
    this.#state = state;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abandon);
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
  if (signal !== null) return `ended by ${signal}`;
  // By itself, a worker ends with code 0, and only when its parent has told it to.
  return `ended with exit code ${code}${code === 0 ? "" : " (did a filter call process.exit()?)"}`;
}
