/**
 * Formats log records as lines: text, JSON, or with priorities for the journal.
 *
 * @module
 */

import { getJsonLinesFormatter } from "@logtape/logtape";
import { fstatSync } from "node:fs";
import process from "node:process";
import type { LogLevel } from "../../lib/filter/logger.ts";
import type { LogFormat } from "../options/log_options.ts";
import type { LogRecord } from "./log_sinks.ts";
import { SEVERITIES } from "./syslog.ts";
import { wantsColours } from "../terminal/colours.ts";
import { escapeControlCharacters } from "../terminal/control_characters.ts";
import { wellFormedJson } from "../terminal/terminal_safe_json.ts";

const COLOURS: Partial<Record<LogLevel, string>> = {
  debug: "\x1b[2m",
  warning: "\x1b[33m",
  error: "\x1b[31m",
};

/** Formats a record as a line, with its line break. */
export type LineFormatter = (record: LogRecord) => string;

/**
 * Returns a function that formats a record as a line, with its line break.
 *
 * @param format the format of the line
 * @param worker the number of the worker that logs, since several share one log; undefined outside workers
 */
export function lineFormatter(format: LogFormat, worker: number | undefined): LineFormatter {
  const journal = format === "journal" || writesToJournal();
  const line = format === "json" ? jsonLines(worker) : textLines(worker, journal);
  // The journal reads the priority from the start of a line, and strips it (sd-daemon(3)).
  return journal ? (record) => `<${SEVERITIES[record.level]}>${line(record)}` : line;
}

/** Returns the same for syslog, which has priorities and times of its own. */
export function syslogFormatter(format: LogFormat, worker: number | undefined): LineFormatter {
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
function textLines(worker: number | undefined, bare: boolean): LineFormatter {
  const who = worker === undefined ? "" : `[${worker}] `;
  const colours = bare || !wantsColours(process.stderr) ? {} : COLOURS;
  return (record) => {
    const text = `${who}${record.text}${record.stack === undefined ? "" : placesOf(record.stack)}`;
    if (bare) return `${text}\n`;
    const colour = colours[record.level];
    const line = `${new Date(record.timestamp).toISOString()} ${record.level.padEnd(7)} ${text}`;
    return colour ? `${colour}${line}\x1b[0m\n` : `${line}\n`;
  };
}

/** Formats lines for programs; those of a worker include its number. */
function jsonLines(worker: number | undefined): LineFormatter {
  const withEscapes = getJsonLinesFormatter({ properties: "flatten" });
  const mark = worker === undefined ? {} : { worker };
  return ({ level, timestamp, text, properties }) =>
    wellFormedJson(withEscapes({
      category: ["milterkit"],
      level,
      timestamp,
      message: [text],
      rawMessage: text,
      properties: { ...mark, ...properties() },
    }));
}

/** Returns the first places of a stack trace on a single line: one record stays one line. */
function placesOf(stack: string): string {
  const places = stack.split("\n").map((line) => line.trim()).filter((line) => line.startsWith("at "));
  return places.length > 0 ? escapeControlCharacters(` [${places.slice(0, 5).join(" < ")}]`) : "";
}
