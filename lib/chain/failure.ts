/**
 * Callbacks that fail.
 *
 * @module
 */

/** A callback that did not answer as it should: it threw, took too long, or answered what it may not. */
export class Failure {
  /** Why. */
  readonly error: unknown;
  /** Whether the callback is still at work. */
  readonly pending: Promise<unknown> | undefined;

  /**
   * @param error why
   * @param pending the callback, where it is still at work
   */
  constructor(error: unknown, pending?: Promise<unknown>) {
    this.error = error;
    this.pending = pending;
  }
}

/** A callback took longer than it may. */
export class FilterTimeoutError extends Error {
  override readonly name = "FilterTimeoutError";
  /** Always `filter-timeout`. */
  readonly code = "filter-timeout";
  /** The time it had, in milliseconds. */
  readonly value: number;

  /**
   * @param milliseconds the time it had
   * @param restOf the time-out that this was the rest of, where others took their share of it; undefined: its own
   */
  constructor(milliseconds: number, restOf?: number) {
    const rest = restOf === undefined || restOf === milliseconds
      ? ""
      : `, the rest of the ${restOf} ms for all filters`;
    super(`No answer within ${milliseconds} ms${rest}`);
    this.value = milliseconds;
  }
}
