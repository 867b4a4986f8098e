/**
 * Which filter's callback is running, for whoever hears from the runtime that something happened and not from which filter.
 *
 * @module
 */

let running: string | undefined;

/**
 * The name of the filter whose callback is running, until its first `await`; undefined between callbacks. A stack trace does
 * not always tell: engines drop the frame of a function that ends with a call.
 */
export function runningFilter(): string | undefined {
  return running;
}

/** Notes which filter's callback runs from now on. */
export function noteRunning(filter: string | undefined): void {
  running = filter;
}
