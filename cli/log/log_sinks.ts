/**
 * Hands each line of the log to where it goes.
 *
 * LogTape's logger is not used for that: it reads each line as a template, and copies its properties for each sink, which
 * takes more time than most messages do in all filters.
 *
 * @module
 */

import { LOG_LEVELS, type LogLevel } from "../../lib/filter/logger.ts";

/** A line of the log, before it has a format. */
export interface LogRecord {
  readonly level: LogLevel;
  /** When it was written, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Its text, without characters that could do harm. */
  readonly text: string;
  /** What it is about, such as the type of an event. */
  readonly type: string | undefined;
  /** A stack trace, as the runtime has it. */
  readonly stack: string | undefined;
  /** Returns what it says for programs. A function, since few formats need it, and not every line has it at hand. */
  properties(): Readonly<Record<string, unknown>>;
}

/** Takes lines. */
export type LogSink = (record: LogRecord) => void;

let sinks: readonly LogSink[] = [];
let lowest = 0;

/**
 * Sets where lines go from now on; until then they go nowhere.
 *
 * @param level the lowest level that is logged
 * @param to takes the lines
 */
export function setLogSinks(level: LogLevel, to: readonly LogSink[]): void {
  lowest = LOG_LEVELS.indexOf(level);
  sinks = to;
}

/** Whether lines of a level are logged. */
export function isLogged(level: LogLevel): boolean {
  return sinks.length > 0 && LOG_LEVELS.indexOf(level) >= lowest;
}

/** Hands a line to all sinks, if its level is logged. What one of them throws does not keep it from the others. */
export function logRecord(record: LogRecord): void {
  if (!isLogged(record.level)) return;
  for (const sink of sinks) {
    try {
      sink(record);
    } catch (error) {
      console.error("cannot log:", error);
    }
  }
}
