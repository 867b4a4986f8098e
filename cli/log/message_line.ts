/**
 * Formats the report of a message, or of a refused connection, as one line.
 *
 * @module
 */

import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";
import { noteText } from "./note_text.ts";
import { bracketed, word } from "./plain_fields.ts";
import { resultSummary } from "./result_summary.ts";

/** The most recipients, and the most notes, that a line shows; JSON has all of them. */
const SHOWN = 20;

/**
 * Formats a message: its outcome, sender, recipients and client, what else identifies it, what each filter said or did, and
 * how long it took.
 *
 * @param report the message
 * @param earlier the number of its connection, if lines of filters have that instead of the queue id, which came later
 */
export function messageLine(report: MessageReport, earlier?: number): string {
  const { queueId, outcome, reply, filter, event, sender, recipients, client, notes, held } = report;
  const parts = [`${queueId ?? "-"}: ${outcome}`];
  if (filter) parts[0] += ` by ${filter} at ${event}`;
  if (reply) parts.push(reply);
  const shown = recipients.slice(0, SHOWN).map(bracketed).join(",");
  const more = recipients.length > SHOWN ? `,… (${recipients.length} in all)` : "";
  parts.push(
    [`from=${bracketed(sender ?? "")} to=${shown}${more} client=${client ?? "-"}`, ...facts(report)].join(
      " ",
    ),
  );
  // The line begins with the deciding verdict; do not repeat it.
  const decided = ({ verdict, recipient, dryRun, ...note }: FilterNote) =>
    verdict !== undefined && recipient === undefined && !dryRun && note.filter === filter &&
    note.event === event;
  const others = notes.filter((note) => !decided(note));
  for (const note of others.slice(0, SHOWN)) {
    const about = note.recipient === undefined ? "" : ` ${bracketed(note.recipient)}`;
    parts.push(`${note.filter}${note.dryRun ? " (dry run)" : ""}: ${noteText(note)}${about}`);
  }
  if (others.length > SHOWN) parts.push(`… (${others.length - SHOWN} more)`);
  if (held !== undefined) parts.push(`held: ${held}`);
  if (earlier !== undefined) parts.push(`earlier lines: connection ${earlier}`);
  parts.push(timePart(report));
  return parts.join("; ");
}

/** Formats what else identifies a message, results of authentication that no filter's remark has, and labels. */
function facts({ helo, login, tls, messageId, size, labels, results = [], notes }: MessageReport): string[] {
  const said = notes.map(({ remark }) => remark ?? "").join("\n");
  const found = results.map(resultSummary).filter(({ method, result }) =>
    !said.includes(`${method}=${result}`)
  )
    .map(({ method, result, domain }) => {
      const signer = method === "dkim" && domain !== undefined ? `(${domain})` : "";
      return `${method}=${result}${signer}`;
    });
  return [
    helo === undefined ? "" : `helo=${word(helo)}`,
    login === undefined ? "" : `login=${word(login)}`,
    tls === undefined ? "" : `tls=${word([tls.version, tls.cipher].filter(Boolean).join(":"))}`,
    messageId === undefined ? "" : `message-id=${bracketed(messageId)}`,
    size === undefined ? "" : `size=${size}`,
    ...new Set(found),
    labels.length === 0 ? "" : `labels=${labels.map(word).join(",")}`,
  ].filter(Boolean);
}

/** Formats times as `14 ms (size-limit 0.1, dkim-check 12.3)`. */
function timePart({ milliseconds, filters }: MessageReport): string {
  const each = filters.map(({ filter, milliseconds }) => `${filter} ${milliseconds.toFixed(1)}`).join(", ");
  return `${Math.round(milliseconds)} ms${each ? ` (${each})` : ""}`;
}

/**
 * Returns a message's report for JSON, with results of authentication in short, and times rounded to tenths of a millisecond:
 * more digits are noise.
 */
export function messageProperties(report: MessageReport): Record<string, unknown> {
  const tenths = (milliseconds: number) => Math.round(milliseconds * 10) / 10;
  return {
    ...report,
    ...(report.results ? { results: report.results.map(resultSummary) } : {}),
    filters: report.filters.map((each) => ({ ...each, milliseconds: tenths(each.milliseconds) })),
    milliseconds: tenths(report.milliseconds),
  };
}

/** Formats a refused connection: which filter refused it, and why. */
export function refusalLine(report: ConnectionReport): string {
  const { client, helo, outcome, reply, filter, event, dryRun } = report;
  const parts = [`client ${client ?? "-"}: ${outcome} by ${filter} at ${event}${dryRun ? " (dry run)" : ""}`];
  if (reply) parts.push(reply);
  if (helo !== undefined) parts.push(`helo=${word(helo)}`);
  return parts.join("; ");
}
