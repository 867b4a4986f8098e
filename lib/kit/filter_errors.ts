/**
 * Errors that can occur when a filter is made.
 *
 * @module
 */

/** A filter could not start: its `create` threw, took too long, or returned no callbacks. */
export class FilterStartError extends Error {
  override readonly name = "FilterStartError";
  /** Always `filter-start`. */
  readonly code = "filter-start";
  /** The filter's name. */
  readonly filter: string;
  /** What `create` threw or returned, or the time that it had, in milliseconds. */
  readonly value: unknown;
  /** Whether `create` threw, took too long, or returned no callbacks. */
  readonly problem: "threw" | "late" | "returned";

  /**
   * @param filter the filter's name
   * @param problem whether `create` threw, took too long, or returned no callbacks
   * @param value what it threw or returned, or the time that it had, in milliseconds
   * @param reason what went wrong
   */
  constructor(filter: string, problem: FilterStartError["problem"], value: unknown, reason: string) {
    super(`Cannot start filter ${filter}: ${reason}`, value instanceof Error ? { cause: value } : {});
    this.filter = filter;
    this.problem = problem;
    this.value = value;
  }
}

/** An attempt to serve a filter that was already disposed. */
export class FilterDisposedError extends Error {
  override readonly name = "FilterDisposedError";
  /** Always `filter-disposed`. */
  readonly code = "filter-disposed";
  /** The filter's name. */
  readonly value: string;

  /** @param value the filter's name */
  constructor(value: string) {
    super(
      `Cannot serve filter ${value}: it was disposed; make another`,
    );
    this.value = value;
  }
}
