/**
 * Logs events of the server, one line each.
 *
 * @module
 */

import process from "node:process";
import type { LogLevel } from "../../lib/filter/logger.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { LIMIT_OPTIONS } from "../options/limit_options.ts";
import type { LogFormat, LogSettings } from "../options/log_options.ts";
import type { LogTarget } from "../options/log_target.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";
import { filterLine, filterProperties } from "./filter_line.ts";
import { tellLine } from "./heard_lines.ts";
import { lineFormatter, syslogFormatter } from "./lines.ts";
import { isLogged, logRecord, type LogSink, setLogSinks } from "./log_sinks.ts";
import { messageLine, messageProperties, refusalLine } from "./message_line.ts";
import { SEVERITIES, Syslog } from "./syslog.ts";
import { loadSystemCalls } from "./system_calls.ts";

/** Settings of the log in one process. */
export interface LogOptions extends Pick<LogSettings, "format" | "level"> {
  /** The number of this worker, since several share one log; undefined outside workers. */
  readonly worker?: number | undefined;
  /** Where it goes. @default "stderr" */
  readonly to?: LogTarget;
}

/** The connection to syslog, which outlives a reload with what waits in it. */
let syslog: Syslog | undefined;
let isSyslog = false;

/** Configures the log; may be called again after a reload. */
export function configureLog({ format, level, worker, to = "stderr" }: LogOptions): void {
  // If nobody reads the log any more, mail goes on. Remove the previous listener first, as a reload comes here again.
  process.stderr.off("error", ignore).on("error", ignore);
  isSyslog = to !== "stderr";
  setLogSinks(level, [
    to === "stderr" ? standardError(format, worker) : syslogSink(to, format, worker),
    tellLine,
  ]);
}

function standardError(format: LogFormat, worker: number | undefined): LogSink {
  const formatter = lineFormatter(format, worker);
  return (record) => void process.stderr.write(formatter(record));
}

function syslogSink(facility: number, format: LogFormat, worker: number | undefined): LogSink {
  if (syslog?.facility !== facility) {
    syslog = new Syslog({
      facility,
      calls: loadSystemCalls(),
      otherwise: (line) => void process.stderr.write(`${line}\n`),
    });
  }
  const daemon = syslog;
  const formatter = syslogFormatter(format, worker);
  return (record) => daemon.write(SEVERITIES[record.level], formatter(record).trimEnd(), record.timestamp);
}

function ignore(): void {}

/** Whether the log goes to syslog, and not to standard error. */
export function logsToSyslog(): boolean {
  return isSyslog;
}

/** Logs a line that belongs to no event of the server. */
export function log(
  level: LogLevel,
  text: string,
  properties: Record<string, unknown> = {},
): void {
  write(level, text, properties);
}

/** Logs an event of the server. */
export function logEvent(event: ServerEvent): void {
  switch (event.type) {
    case "message":
      return logMessage(event);
    case "refused": {
      const { report, type, connection } = event;
      return write("info", refusalLine(report), { type, connection, ...report });
    }
    case "filter-error": {
      const { error, type, connection, queueId, filter, event: at, onError } = event;
      const message = error instanceof Error ? error.message : String(error);
      const stack = error instanceof Error ? error.stack ?? "" : "";
      const about = queueId ?? `connection ${connection}`;
      const text = `${about}: filter ${filter} failed at ${at} (${onError}): ${message}`;
      return write("error", text, {
        type,
        connection,
        queueId,
        filter,
        event: at,
        onError,
        error: message,
        stack,
      });
    }
    case "filter-log":
      return write(event.level, filterLine(event), filterProperties(event));
    case "listening":
      return write("info", `listening on ${event.address}`, { ...event });
    case "protocol-error":
      return write("warning", `${connectionName(event)} ended: ${event.error.message}`, {
        type: event.type,
        connection: event.connection,
        queueId: event.queueId,
        peer: event.peer,
        error: event.error.message,
      });
    case "internal-error":
      return write("error", `${connectionName(event)} ended by an internal error: ${event.error.message}`, {
        type: event.type,
        connection: event.connection,
        queueId: event.queueId,
        peer: event.peer,
        error: event.error.message,
        stack: event.error.stack,
      });
    case "accept-failed": {
      const { type, address, error, missed } = event;
      const text = `cannot accept a connection on ${address}: ${error.message}${sinceLast(missed)}`;
      return write("error", text, { type, address, error: error.message, missed });
    }
    case "spool-failed": {
      const { connection, queueId, error, type } = event;
      const about = queueId ?? `connection ${connection}`;
      return write("error", `${about}: ${error.message}; answered tempfail`, {
        type,
        connection,
        queueId,
        error: error.message,
      });
    }
    case "spool-warning":
      return write("warning", `--spool-folder: ${event.reason}`, { ...event });
    case "idle":
      return write(
        "warning",
        `${connectionName(event)} ended: ` +
          (event.negotiated ? "silent" : "no option negotiation") + ` for ${event.seconds} s`,
        { ...event },
      );
    case "unread":
      return write(
        "warning",
        `${connectionName(event)} ended: it read nothing for ${event.seconds} s, ` +
          `with ${event.bytes} bytes waiting`,
        { ...event },
      );
    case "limit": {
      const { limit, most, peer, queueId, missed } = event;
      const about = queueId === undefined ? `connection from ${peer}` : queueId;
      return write(
        "warning",
        `${about}: ${LIMIT_OPTIONS[limit].reached} (limit ${most})${sinceLast(missed)}`,
        {
          ...event,
        },
      );
    }
    case "loop":
      return write("error", loopText(event), { ...event });
    case "stalled":
      return write("warning", stallText(event), { ...event });
    case "stopping":
    case "aborting":
      return write(
        "info",
        `${event.type}: ${event.connections} connections, ${event.inMessage} of them inside a message`,
        { ...event },
      );
    case "stop-timeout":
      return write(
        "info",
        `stop timeout: closing ${event.closed} connections between messages, ` +
          `${event.connections - event.closed} finish their messages`,
        { ...event },
      );
    case "connected":
      if (!isLogged("debug")) return;
      return write("debug", `${connectionName(event)} opened`, { ...event });
    case "disconnected": {
      if (!isLogged("debug")) return;
      const error = event.error ? `: ${event.error.message}` : "";
      const about = event.queueId === undefined ? "" : `${event.queueId}: `;
      return write(
        "debug",
        `${about}connection ${event.connection} ${event.lost ? "lost" : "closed"}${error}`,
        {
          type: event.type,
          connection: event.connection,
          queueId: event.queueId,
          lost: event.lost,
        },
      );
    }
  }
}

/** Returns the end of a line, which counts the lines that were suppressed since the last one. */
function sinceLast(missed: number): string {
  return missed > 0 ? `, and ${missed} times since the last such line` : "";
}

function loopText({ peer, listener, hops, missed }: ServerEvent & { type: "loop" }): string {
  const by = hops > 1 ? ` through ${hops - 1} other${hops > 2 ? "s" : ""}` : "";
  return `milter loop: a milter in this chain leads back to this service at ${listener}${by}; ` +
    `refused the connection from ${peer}${sinceLast(missed)}. ` +
    "Set --address of --filter milter to the milter's own address";
}

function stallText(
  { milliseconds, filter, event, queueId, missed }: ServerEvent & { type: "stalled" },
): string {
  const more = sinceLast(missed);
  return filter === undefined
    ? `all mail stalled for ${milliseconds} ms${more}: a filter blocked the event loop, or the machine was busy`
    : `${
      queueId ?? "-"
    }: filter ${filter} worked at ${event} for ${milliseconds} ms without a pause${more}; ` +
      "all other mail waited";
}

/** Names a connection, after the queue id of its open message. */
function connectionName(
  { connection, peer, queueId }: {
    readonly connection: number;
    readonly peer: string;
    readonly queueId?: string | undefined;
  },
): string {
  return `${queueId === undefined ? "" : `${queueId}: `}connection ${connection} from ${peer}`;
}

/** Logs a message. Of all lines these are the most by far, so nothing is made of them that no format needs. */
function logMessage(event: ServerEvent & { readonly type: "message" }): void {
  if (!isLogged("info")) return;
  const { report, type, connection, hasEarlierLines } = event;
  logRecord({
    level: "info",
    timestamp: Date.now(),
    text: escapeControlCharacters(messageLine(report, hasEarlierLines ? connection : undefined)),
    type,
    stack: undefined,
    properties: () => ({ type, connection, ...messageProperties(report) }),
  });
}

/** Logs a line; its text may be from outside. */
function write(level: LogLevel, text: string, properties: Readonly<Record<string, unknown>>): void {
  const { type } = properties;
  // Lines of filters have it among their own fields.
  const stack = properties.stack ?? (properties.fields as Record<string, unknown> | undefined)?.stack;
  logRecord({
    level,
    timestamp: Date.now(),
    text: escapeControlCharacters(text),
    type: typeof type === "string" ? type : undefined,
    stack: typeof stack === "string" ? stack : undefined,
    properties: () => properties,
  });
}
