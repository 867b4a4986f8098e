/**
 * The log that a filter writes to.
 *
 * @module
 */

/** The level of a log line. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** Fields of a log line in addition to its text, for programs that read logs. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes lines to the log of the service that runs the filter. */
export interface Logger {
  /** Details for debugging. */
  debug(text: string, fields?: LogFields): void;
  /** Events of normal operation. */
  info(text: string, fields?: LogFields): void;
  /** Something that an administrator should look at, although mail still flows. */
  warning(text: string, fields?: LogFields): void;
  /** Something that no longer works. */
  error(text: string, fields?: LogFields): void;
}

/** The levels, from the least to the most important. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/**
 * Makes a log.
 *
 * @param write called with each line
 */
export function makeLogger(write: (level: LogLevel, text: string, fields: LogFields) => void): Logger {
  return {
    debug: (text, fields = {}) => write("debug", text, fields),
    info: (text, fields = {}) => write("info", text, fields),
    warning: (text, fields = {}) => write("warning", text, fields),
    error: (text, fields = {}) => write("error", text, fields),
  };
}
