/**
 * Lets parts of this process hear what is written to its log.
 *
 * @module
 */

import type { LogRecord } from "./log_sinks.ts";

/** A line of the log. */
export interface HeardLine {
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  /** The line, without time and level. */
  readonly text: string;
  /** Properties that it has in JSON. */
  readonly type?: string | undefined;
  readonly queueId?: string | undefined;
  readonly filter?: string | undefined;
}

const listeners = new Set<(line: HeardLine) => void>();

/**
 * Calls a function with each line of the log, except those for debugging and those that report a message or a refused
 * connection.
 *
 * @returns a function that ends this
 */
export function hearLines(listener: (line: HeardLine) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Passes a record of the log to those who listen. */
export function tellLine({ level, text, timestamp, type, properties }: LogRecord): void {
  if (listeners.size === 0 || level === "debug" || type === "message" || type === "refused") return;
  const { queueId, filter } = properties();
  const line: HeardLine = {
    at: timestamp,
    level,
    text,
    type,
    queueId: textOrNone(queueId),
    filter: textOrNone(filter),
  };
  for (const listener of listeners) listener(line);
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
