/**
 * Failures of callbacks.
 *
 * @module
 */

/** A callback failed: it threw, timed out, or gave an invalid answer. */
export class Failure {
  /** The cause. */
  readonly error: unknown;
  /** The callback's promise, if it is still running. */
  readonly pending: Promise<unknown> | undefined;

  /**
   * @param error the cause
   * @param pending the callback's promise, if it is still running
   */
  constructor(error: unknown, pending?: Promise<unknown>) {
    this.error = error;
    this.pending = pending;
  }
}

/** A callback timed out. */
export class FilterTimeoutError extends Error {
  override readonly name = "FilterTimeoutError";
  /** Always `filter-timeout`. */
  readonly code = "filter-timeout";
  /** The time it had, in milliseconds. */
  readonly value: number;

  /**
   * @param milliseconds the time it had
   * @param restOf the shared time-out that this was the remainder of, in milliseconds; undefined: the callback's own
   */
  constructor(milliseconds: number, restOf?: number) {
    const rest = restOf === undefined || restOf === milliseconds
      ? ""
      : `, the rest of the ${restOf} ms for all filters`;
    super(`No answer within ${milliseconds} ms${rest}`);
    this.value = milliseconds;
  }
}
