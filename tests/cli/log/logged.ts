// What the log says of an event, as text.
import { logEvent } from "../../../cli/log/log.ts";
import { type LogRecord, setLogSinks } from "../../../cli/log/log_sinks.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";

let records: LogRecord[] = [];

/** The record of an event, at any level; undefined if there is none. */
export function recordOf(event: ServerEvent): LogRecord | undefined {
  setLogSinks("debug", [(record) => void records.push(record)]);
  records = [];
  logEvent(event);
  return records[0];
}

/** Its text; empty if it has no line. */
export function logged(event: ServerEvent): string {
  return recordOf(event)?.text ?? "";
}
