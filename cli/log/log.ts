/**
 * The log: what a server tells, a line each, for people or for programs.
 *
 * @module
 */

import { configureSync, getLogger } from "@logtape/logtape";
import process from "node:process";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { LIMIT_OPTIONS } from "../options/limit_options.ts";
import type { LogSettings } from "../options/log_options.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";
import { lineFormatter } from "./lines.ts";
import { messageLine, messageProperties, refusalLine } from "./message_line.ts";

/** How a log is written. */
export interface LogOptions extends Pick<LogSettings, "format" | "level"> {
  /** The number of the worker whose log it is; several write into one. */
  readonly worker?: number | undefined;
}

/**
 * One for the process, as is standard error: whoever has something to log need not be handed it all the way from the
 * command line. Nothing but {@linkcode configureLog} changes it.
 */
const logger = getLogger("milterkit");

/** Sets the log up; it goes to standard error. */
export function configureLog({ format, level, worker }: LogOptions): void {
  // Where nobody reads the log any more, mail goes on. With each new version it is set up anew.
  process.stderr.off("error", ignore).on("error", ignore);
  const formatter = lineFormatter(format, worker);
  configureSync({
    reset: true,
    sinks: { stderr: (record) => process.stderr.write(formatter(record)) },
    loggers: [
      { category: "milterkit", sinks: ["stderr"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "error" },
    ],
  });
}

function ignore(): void {}

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
      const { report, type, connection } = event;
      return logger.info(escape(messageLine(report)), { type, connection, ...messageProperties(report) });
    }
    case "refused": {
      const { report, type, connection } = event;
      return logger.info(escape(refusalLine(report)), { type, connection, ...report });
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
    case "accept-failed": {
      const { type, address, error, missed } = event;
      const text = `cannot take a connection on ${address}: ${error.message}${sinceLast(missed)}`;
      return logger.error(escape(text), { type, address, error: error.message, missed });
    }
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
    case "unread":
      return logger.warning(
        `${connectionName(event)} ended: it read nothing for ${event.seconds} s, ${event.bytes} bytes waited`,
        { ...event },
      );
    case "limit": {
      const { limit, most, peer, queueId, missed } = event;
      const about = queueId === undefined ? `connection from ${peer}` : queueId;
      return logger.warning(
        escape(`${about}: ${LIMIT_OPTIONS[limit].reached} (limit ${most})${sinceLast(missed)}`),
        {
          ...event,
        },
      );
    }
    case "loop":
      return logger.error(escape(loopText(event)), { ...event });
    case "stalled":
      return logger.warning(escape(stallText(event)), { ...event });
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

/** What a line says for those that were not written. */
function sinceLast(missed: number): string {
  return missed > 0 ? `, and ${missed} times since this was logged last` : "";
}

function loopText({ peer, listener, hops, missed }: ServerEvent & { type: "loop" }): string {
  const by = hops > 1 ? `, by way of ${hops - 1} other${hops > 2 ? "s" : ""}` : "";
  return `milter loop: a milter that this service asks leads back to it at ${listener}${by}; ` +
    `refused the connection from ${peer}${sinceLast(missed)}. ` +
    "Give --address of --filter milter the milter's own address";
}

function stallText(
  { milliseconds, filter, event, queueId, missed }: ServerEvent & { type: "stalled" },
): string {
  const more = sinceLast(missed);
  return filter === undefined
    ? `everything stood still for ${milliseconds} ms${more}: a filter was at work without a pause, or the machine was`
    : `${
      queueId ?? "-"
    }: filter ${filter} was at work at ${event} for ${milliseconds} ms without a pause${more}: ` +
      "all other mail waited";
}

function connectionName(
  { connection, peer }: { readonly connection: number; readonly peer: string },
): string {
  return `connection ${connection} from ${peer}`;
}

/** Shows what strangers sent without letting it act. Braces are doubled since the logger reads them as placeholders. */
function escape(text: string): string {
  return escapeControlCharacters(text).replace(/[{}]/g, "$&$&");
}
