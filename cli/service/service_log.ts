/**
 * Configures the log of a serving process.
 *
 * @module
 */

import type { FilterLogLine } from "../../lib/kit/kit.ts";
import { configureLog, log, logEvent } from "../log/log.ts";
import { Redaction } from "../log/redaction.ts";
import type { LogSettings } from "../options/log_options.ts";
import { reportUncaughtErrors } from "../terminal/uncaught_errors.ts";
import type { ConsoleLine } from "./console_capture.ts";

/** Configures the log at the start and after each reload, and logs errors that belong to no callback. */
export class ServiceLog {
  readonly #worker: number | undefined;
  #redaction = new Redaction([]);

  /** @param worker the number of this worker; undefined if this process is not a worker */
  constructor(worker?: number) {
    this.#worker = worker;
  }

  /** Applies settings to everything logged from now on. */
  configure({ format, level, redact, to }: LogSettings): void {
    configureLog({ format, level, to, worker: this.#worker });
    const redaction = this.#redaction = new Redaction(redact);
    reportUncaughtErrors((error) => logStrayError(redaction.error(error)));
  }

  /** Logs a line that a filter writes outside events. */
  filterLine(line: FilterLogLine): void {
    logEvent(this.#redaction.event({ type: "filter-log", ...line }));
  }

  /** Redacts a text by which a filter counts mail. */
  shownKey(key: string): string {
    return this.#redaction.key(key);
  }

  /**
   * Logs a line that was written with `console`.
   *
   * @param line the line
   * @param filter the filter that wrote it; undefined if unknown
   */
  consoleLine({ level, text, stack }: ConsoleLine, filter: string | undefined): void {
    const who = filter === undefined ? "console" : `filter ${filter}`;
    log(level, `${who}: ${this.#redaction.text(text)}`, {
      type: "console",
      filter,
      ...(stack === undefined ? {} : { stack: this.#redaction.text(stack) }),
    });
  }
}

function logStrayError(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  log("error", `uncaught error outside any callback: ${message}`, { stack });
}
