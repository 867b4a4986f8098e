/**
 * Captures what code in this process writes with `console`.
 *
 * @module
 */

import { formatWithOptions } from "node:util";
import type { LogLevel } from "../../lib/filter/logger.ts";

/** What was written with one call. */
export interface ConsoleLine {
  readonly level: LogLevel;
  /** Its text, as the console formats it. */
  readonly text: string;
  /** The stack trace of the first error among the arguments. */
  readonly stack: string | undefined;
  /** Where the call is: the lines of a stack trace. */
  readonly callers: string;
}

/** The level of each method. */
const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warning", error: "error" } as const;

/** How many callers of a method are looked at; runtimes keep 10 unless told otherwise, which a package may use up. */
const CALLERS = 50;

/**
 * Captures the methods debug, log, info, warn and error.
 *
 * @param write called with each line. While it runs, and if it throws, the console writes as it did before: what a filter
 * says about a log that fails must not be said to that log
 * @returns a function that ends this
 */
export function captureConsole(write: (line: ConsoleLine) => void): () => void {
  const methods = Object.keys(LEVELS) as (keyof typeof LEVELS)[];
  const before = methods.map((method) => [method, console[method]] as const);
  let writing = false;
  for (const [method, original] of before) {
    const captured = (...given: readonly unknown[]): void => {
      if (writing) return original.apply(console, [...given]);
      writing = true;
      try {
        write(lineOf(LEVELS[method], given, callersOf(captured)));
      } catch {
        original.apply(console, [...given]);
      } finally {
        writing = false;
      }
    };
    console[method] = captured;
  }
  return () => {
    for (const [method, original] of before) console[method] = original;
  };
}

function lineOf(level: LogLevel, given: readonly unknown[], callers: string): ConsoleLine {
  const error = given.find((each) => each instanceof Error);
  // The stack of an error is long, and has a place of its own in the log.
  const shown = given.map((each) => each instanceof Error ? `${each.name}: ${each.message}` : each);
  const text = formatWithOptions({ breakLength: Infinity, compact: true, colors: false }, ...shown);
  return { level, text, stack: typeof error?.stack === "string" ? error.stack : undefined, callers };
}

function callersOf(called: (...given: readonly unknown[]) => void): string {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = CALLERS;
    const place: { stack?: unknown } = {};
    Error.captureStackTrace(place, called);
    return typeof place.stack === "string" ? place.stack : "";
  } finally {
    Error.stackTraceLimit = limit;
  }
}
