/**
 * Errors outside of any callback, for example in a timer that a filter left behind.
 *
 * @module
 */

import process from "node:process";

/** The handlers are the process's, and are put there once. */
let reporter: ((error: unknown) => void) | undefined;

/**
 * Reports such errors instead of letting them end the process, and everybody's mail with it.
 *
 * @param report called with each error; replaces the function given before
 */
export function reportUncaughtErrors(report: (error: unknown) => void): void {
  if (!reporter) {
    const handle = (error: unknown) => reporter?.(error);
    process.on("uncaughtException", handle);
    process.on("unhandledRejection", handle);
  }
  reporter = report;
}
