/**
 * Lets parts of this process hear what is written to its log.
 *
 * @module
 */

import type { LogRecord } from "@logtape/logtape";

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
export function tellLine({ level, message, timestamp, properties }: LogRecord): void {
  const { type, queueId, filter } = properties;
  if (listeners.size === 0 || level === "debug" || level === "trace") return;
  if (type === "message" || type === "refused") return;
  const line: HeardLine = {
    at: timestamp,
    level: level === "fatal" ? "error" : level,
    text: message.join(""),
    type: textOrNone(type),
    queueId: textOrNone(queueId),
    filter: textOrNone(filter),
  };
  for (const listener of listeners) listener(line);
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
