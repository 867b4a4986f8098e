/**
 * Configures the log of a serving process.
 *
 * @module
 */

import { configureLog, log } from "../log/log.ts";
import { Redaction } from "../log/redaction.ts";
import type { LogSettings } from "../options/log_options.ts";
import { reportUncaughtErrors } from "../terminal/uncaught_errors.ts";

/** Configures the log at the start and after each reload, and logs errors that belong to no callback. */
export class ServiceLog {
  readonly #worker: number | undefined;

  /** @param worker the number of this worker; undefined if this process is not a worker */
  constructor(worker?: number) {
    this.#worker = worker;
  }

  /** Applies settings to everything logged from now on. */
  configure({ format, level, redact }: LogSettings): void {
    configureLog({ format, level, worker: this.#worker });
    const redaction = new Redaction(redact);
    reportUncaughtErrors((error) => logStrayError(redaction.error(error)));
  }
}

function logStrayError(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  log("error", `uncaught error outside any callback: ${message}`, { stack });
}
