/**
 * Formats log records as lines: text, JSON, or with priorities for the journal.
 *
 * @module
 */

import { getJsonLinesFormatter, type LogLevel, type LogRecord, type TextFormatter } from "@logtape/logtape";
import { fstatSync } from "node:fs";
import process from "node:process";
import type { LogFormat } from "../options/log_options.ts";
import { SEVERITIES } from "./syslog.ts";
import { wantsColours } from "../terminal/colours.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";
import { wellFormedJson } from "../terminal/terminal_safe_json.ts";

const COLOURS: Partial<Record<LogLevel, string>> = {
  debug: "\x1b[2m",
  warning: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[31m",
};

/**
 * Returns a function that formats a record as a line, with its line break.
 *
 * @param format the format of the line
 * @param worker the number of the worker that logs, since several share one log; undefined outside workers
 */
export function lineFormatter(format: LogFormat, worker: number | undefined): TextFormatter {
  const journal = format === "journal" || writesToJournal();
  const line = format === "json" ? jsonLines(worker) : textLines(worker, journal);
  // The journal reads the priority from the start of a line, and strips it (sd-daemon(3)).
  return journal ? (record) => `<${SEVERITIES[record.level]}>${line(record)}` : line;
}

/** Returns the same for syslog, which has priorities and times of its own. */
export function syslogFormatter(format: LogFormat, worker: number | undefined): TextFormatter {
  return format === "json" ? jsonLines(worker) : textLines(worker, true);
}

/** Whether standard error is connected to the systemd journal (systemd.exec(5), JOURNAL_STREAM). */
function writesToJournal(): boolean {
  const stream = process.env.JOURNAL_STREAM;
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(2);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/**
 * Formats lines for people; those of a worker begin with its number.
 *
 * @param bare leaves out time and level, which the journal records itself
 */
function textLines(worker: number | undefined, bare: boolean): TextFormatter {
  const who = worker === undefined ? "" : `[${worker}] `;
  return (record) => {
    const text = `${who}${record.message.join("")}${stackOf(record)}`;
    if (bare) return `${text}\n`;
    const colour = wantsColours(process.stderr) ? COLOURS[record.level] ?? "" : "";
    const line = `${new Date(record.timestamp).toISOString()} ${record.level.padEnd(7)} ${text}`;
    return colour ? `${colour}${line}\x1b[0m\n` : `${line}\n`;
  };
}

/** Formats lines for programs; those of a worker include its number. */
function jsonLines(worker: number | undefined): TextFormatter {
  const withEscapes = getJsonLinesFormatter({ properties: "flatten" });
  const format = (record: LogRecord) => wellFormedJson(withEscapes(record));
  if (worker === undefined) return format;
  const mark = { worker };
  return (record) => format({ ...record, properties: { ...mark, ...record.properties } });
}

/** Returns the first places of a stack trace on a single line: one record stays one line. */
function stackOf({ properties }: LogRecord): string {
  // Lines of filters have it among their own fields.
  const stack = properties.stack ?? (properties.fields as Record<string, unknown> | undefined)?.stack;
  if (typeof stack !== "string") return "";
  const places = stack.split("\n").map((line) => line.trim()).filter((line) => line.startsWith("at "));
  return places.length > 0 ? escapeControlCharacters(` [${places.slice(0, 5).join(" < ")}]`) : "";
}
