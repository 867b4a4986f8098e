/**
 * Errors that belong to no callback, such as of a timer that a filter left behind.
 *
 * @module
 */

import process from "node:process";

/** The handlers are the process's, and are put there once. */
let reporter: ((error: unknown) => void) | undefined;

/**
 * Has such errors reported, in place of ending the process and everybody's mail with it.
 *
 * @param report told of each; the last one given counts
 */
export function reportUncaughtErrors(report: (error: unknown) => void): void {
  if (!reporter) {
    const tell = (error: unknown) => reporter!(error);
    process.on("uncaughtException", tell);
    process.on("unhandledRejection", tell);
  }
  reporter = report;
}
