// What the log says of an event, as text.
import { configureSync, type LogRecord } from "@logtape/logtape";
import { logEvent } from "../../../cli/log/log.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";

let records: LogRecord[] = [];

/** The record of an event, at any level; undefined if there is none. */
export function recordOf(event: ServerEvent): LogRecord | undefined {
  configureSync({
    reset: true,
    sinks: { kept: (record) => void records.push(record) },
    loggers: [
      { category: "milterkit", sinks: ["kept"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "error" },
    ],
  });
  records = [];
  logEvent(event);
  return records[0];
}

/** Its text; empty if it has no line. */
export function logged(event: ServerEvent): string {
  return recordOf(event)?.message.join("") ?? "";
}
