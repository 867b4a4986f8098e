/**
 * The log: what a server tells, a line each, for people or for programs.
 *
 * @module
 */

import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
  type LogLevel,
  type TextFormatter,
} from "@logtape/logtape";
import process from "node:process";
import type { MessageReport } from "../lib/filter/report.ts";
import type { ServerEvent } from "../lib/server_events.ts";
import { hasColour } from "./arguments.ts";
import { showControls } from "./controls.ts";

/** How a log is written. */
export interface LogOptions {
  /** For people, or a JSON object a line. */
  readonly format: "text" | "json";
  /** The least level that is written. */
  readonly level: LogLevel;
  /** The number of the worker whose log it is; several write into one. */
  readonly worker?: string | undefined;
}

/** The levels, from all to nearly nothing. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

const logger = getLogger("milterkit");

/** Sets the log up; it goes to standard error. */
export function configureLog({ format, level, worker }: LogOptions): void {
  // Where nobody reads the log any more, mail goes on.
  process.stderr.on("error", () => {});
  const formatter = format === "json" ? jsonLines(worker) : textLines(worker);
  configureSync({
    reset: true,
    sinks: { stderr: (record) => process.stderr.write(formatter(record)) },
    loggers: [
      { category: "milterkit", sinks: ["stderr"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "error" },
    ],
  });
}

/** Logs a line of its own. */
export function log(
  level: "info" | "warning" | "error",
  text: string,
  properties: Record<string, unknown> = {},
): void {
  logger[level](escape(text), properties);
}

/** Logs what a server tells. */
export function logEvent(event: ServerEvent): void {
  switch (event.type) {
    case "message": {
      const { report } = event;
      return logger.info(escape(messageLine(report)), messageProperties(event));
    }
    case "filter-error": {
      const { error, type, connection, queueId, filter, event: stage, onError } = event;
      const message = error instanceof Error ? error.message : String(error);
      const stack = error instanceof Error ? error.stack ?? "" : "";
      const text = `${queueId ?? "-"}: filter ${filter} failed at ${stage} (${onError}): ${message}`;
      return logger.error(escape(text), {
        type,
        connection,
        queueId,
        filter,
        stage,
        onError,
        error: message,
        stack,
      });
    }
    case "listening":
      return logger.info(`listening on ${event.address}`, { ...event });
    case "protocol-error":
      return logger.warning(escape(`${connectionName(event)} ended: ${event.error.message}`), {
        type: event.type,
        connection: event.connection,
        peer: event.peer,
        error: event.error.message,
      });
    case "internal-error":
      return logger.error(
        escape(`${connectionName(event)} ended by a mistake of ours: ${event.error.message}`),
        {
          type: event.type,
          connection: event.connection,
          peer: event.peer,
          error: event.error.message,
          stack: event.error.stack,
        },
      );
    case "accept-failed":
      return logger.error(escape(`cannot take a connection on ${event.address}: ${event.error.message}`), {
        type: event.type,
        address: event.address,
        error: event.error.message,
      });
    case "spool-failed": {
      const { connection, error, type } = event;
      return logger.error(escape(`connection ${connection}: ${error.message}; answered tempfail`), {
        type,
        connection,
        error: error.message,
      });
    }
    case "spool-warning":
      return logger.warning(escape(`--spool-folder: ${event.reason}`), { ...event });
    case "idle":
      return logger.warning(
        `${connectionName(event)} ended: ` +
          (event.negotiated ? "silent" : "no option negotiation") + ` for ${event.seconds} s`,
        { ...event },
      );
    case "stopping":
    case "aborting":
      return logger.info(
        `${event.type}: ${event.connections} connections, ${event.inMessage} of them inside a message`,
        { ...event },
      );
    case "stop-timeout":
      return logger.info(
        `stop time-out: closing ${event.closed} connections between messages, ` +
          `${event.connections - event.closed} finish theirs`,
        { ...event },
      );
    case "connected":
      return logger.debug(`${connectionName(event)} opened`, { ...event });
    case "disconnected": {
      const error = event.error ? `: ${event.error.message}` : "";
      return logger.debug(
        escape(`connection ${event.connection} ${event.lost ? "lost" : "closed"}${error}`),
        {
          type: event.type,
          connection: event.connection,
          lost: event.lost,
        },
      );
    }
  }
}

function connectionName(
  { connection, peer }: { readonly connection: number; readonly peer: string },
): string {
  return `connection ${connection} from ${peer}`;
}

/** Recipients and remarks that a line shows at most; what is for programs has all. */
const SHOWN = 20;

/** A message in one line: what became of it, whose it was, and what each filter said or did. */
export function messageLine(report: MessageReport): string {
  const { queueId, outcome, reply, filter, event, sender, recipients, client, notes, quarantine } = report;
  const parts = [`${queueId ?? "-"}: ${outcome}`];
  if (filter) parts[0] += ` by ${filter} at ${event}`;
  if (reply) parts.push(reply);
  const shown = recipients.slice(0, SHOWN).map((to) => `<${to}>`).join(",");
  const more = recipients.length > SHOWN ? `,… (${recipients.length} in all)` : "";
  parts.push(`from=<${sender ?? ""}> to=${shown}${more} client=${client ?? "-"}`);
  for (const note of notes.slice(0, SHOWN)) {
    const what = [note.verdict, note.remark, ...note.changes ?? []].filter(Boolean).join(", ");
    const about = note.recipient === undefined ? "" : ` <${note.recipient}>`;
    parts.push(`${note.filter}${note.dryRun ? " (dry run)" : ""}: ${what}${about}`);
  }
  if (notes.length > SHOWN) parts.push(`… (${notes.length - SHOWN} more)`);
  if (quarantine !== undefined) parts.push(`held: ${quarantine}`);
  parts.push(`${Math.round(report.milliseconds)} ms`);
  return parts.join("; ");
}

function messageProperties(event: ServerEvent & { type: "message" }): Record<string, unknown> {
  const { report, type, connection } = event;
  return { type, connection, ...report, milliseconds: Math.round(report.milliseconds * 10) / 10 };
}

/** Shows what strangers sent without letting it act. Braces are doubled since the logger reads them as placeholders. */
function escape(text: string): string {
  return showControls(text).replace(/[{}]/g, "$&$&");
}

const COLOURS: Record<string, string> = {
  debug: "\x1b[2m",
  warning: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[31m",
};

/** Lines for people; those of a worker begin with its number. */
function textLines(worker: string | undefined): TextFormatter {
  const who = worker === undefined ? "" : `[${worker}] `;
  return (record) => {
    const time = new Date(record.timestamp).toISOString();
    const colour = hasColour(process.stderr) ? COLOURS[record.level] ?? "" : "";
    const stack = typeof record.properties.stack === "string" ? stackLines(record.properties.stack) : "";
    const text = `${time} ${record.level.padEnd(7)} ${who}${record.message.join("")}${stack}`;
    return colour ? `${colour}${text}\x1b[0m\n` : `${text}\n`;
  };
}

/** Lines for programs; those of a worker say its number. */
function jsonLines(worker: string | undefined): TextFormatter {
  const format = getJsonLinesFormatter({ properties: "flatten" });
  if (worker === undefined) return format;
  const mark = { worker: Number(worker) };
  return (record) => format({ ...record, properties: { ...mark, ...record.properties } });
}

/** The places of a stack, behind each other: a log line stays one line. */
function stackLines(stack: string): string {
  const places = stack.split("\n").map((line) => line.trim()).filter((line) => line.startsWith("at ")).slice(
    0,
    5,
  );
  return places.length > 0 ? showControls(` [${places.join(" < ")}]`) : "";
}
