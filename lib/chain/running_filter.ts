/**
 * Tracks which filter's callback is running, for events from the runtime that do not say which filter caused them.
 *
 * @module
 */

let running: string | undefined;

/**
 * The name of the filter whose callback is running, until its first `await`; undefined between callbacks. A stack trace
 * does not always show it: engines drop the frame of a function that ends with a call.
 */
export function runningFilter(): string | undefined {
  return running;
}

/** Notes which filter's callback runs from now on. */
export function noteRunning(filter: string | undefined): void {
  running = filter;
}
