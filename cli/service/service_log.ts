/**
 * The log of a process that serves.
 *
 * @module
 */

import { configureLog, log } from "../log/log.ts";
import { Redaction } from "../log/redaction.ts";
import type { LogSettings } from "../options/log_options.ts";
import { reportUncaughtErrors } from "../terminal/uncaught_errors.ts";

/** Sets the log up, anew with each version that is served, and has it tell errors that belong to no callback. */
export class ServiceLog {
  readonly #worker: number | undefined;

  /** @param worker the number of the worker that this process is; undefined where it is none */
  constructor(worker?: number) {
    this.#worker = worker;
  }

  /** Writes the log like this from here on. */
  configure({ format, level, redact }: LogSettings): void {
    configureLog({ format, level, worker: this.#worker });
    const redaction = new Redaction(redact);
    reportUncaughtErrors((error) => logStrayError(redaction.error(error)));
  }
}

function logStrayError(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  log("error", `stray error, outside of any callback: ${message}`, { stack });
}
