/**
 * Formats the report of a message, or of a refused connection, as one line.
 *
 * @module
 */

import type { AuthResult } from "../../lib/auth/authentication_results.ts";
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
  let line = `${queueId ?? "-"}: ${outcome}`;
  if (filter !== undefined) line += ` by ${filter} at ${event}`;
  if (reply !== undefined) line += `; ${reply}`;
  line += `; from=${bracketed(sender ?? "")} to=${recipientsPart(recipients)} client=${client ?? "-"}`;
  line += facts(report);
  let others = 0;
  for (const note of notes) {
    if (isDecision(note, report) || ++others > SHOWN) continue;
    const about = note.recipient === undefined ? "" : ` ${bracketed(note.recipient)}`;
    line += `; ${note.filter}${note.dryRun ? " (dry run)" : ""}: ${noteText(note)}${about}`;
  }
  if (others > SHOWN) line += `; … (${others - SHOWN} more)`;
  if (held !== undefined) line += `; held: ${held}`;
  if (earlier !== undefined) line += `; earlier lines: connection ${earlier}`;
  return `${line}; ${timePart(report)}`;
}

/** Whether a note is the deciding verdict, with which the line begins already. */
function isDecision(note: FilterNote, { filter, event }: MessageReport): boolean {
  return note.verdict !== undefined && note.recipient === undefined && !note.dryRun &&
    note.filter === filter &&
    note.event === event;
}

function recipientsPart(recipients: readonly string[]): string {
  const [only] = recipients;
  if (recipients.length === 1 && only !== undefined) return bracketed(only);
  const shown = recipients.slice(0, SHOWN).map(bracketed).join(",");
  return recipients.length > SHOWN ? `${shown},… (${recipients.length} in all)` : shown;
}

/** Formats what else identifies a message, results of authentication that no filter's remark has, and labels. */
function facts({ helo, login, tls, messageId, size, labels, results, notes }: MessageReport): string {
  let text = "";
  if (helo !== undefined) text += ` helo=${word(helo)}`;
  if (login !== undefined) text += ` login=${word(login)}`;
  if (tls !== undefined) text += ` tls=${word(tls.cipher ? `${tls.version}:${tls.cipher}` : tls.version)}`;
  if (messageId !== undefined) text += ` message-id=${bracketed(messageId)}`;
  if (size !== undefined) text += ` size=${size}`;
  if (results !== undefined && results.length > 0) text += resultsPart(results, notes);
  if (labels.length > 0) text += ` labels=${labels.map(word).join(",")}`;
  return text;
}

function resultsPart(results: readonly AuthResult[], notes: readonly FilterNote[]): string {
  const said = notes.map(({ remark }) => remark ?? "").join("\n");
  const found = results.map(resultSummary).filter(({ method, result }) =>
    !said.includes(`${method}=${result}`)
  )
    .map(({ method, result, domain }) => {
      const signer = method === "dkim" && domain !== undefined ? `(${domain})` : "";
      return ` ${method}=${result}${signer}`;
    });
  return [...new Set(found)].join("");
}

/** Formats times as `14 ms (size-limit 0.1, dkim-check 12.3)`. */
function timePart({ milliseconds, filters }: MessageReport): string {
  let each = "";
  for (const { filter, milliseconds } of filters) {
    each += `${each === "" ? "" : ", "}${filter} ${milliseconds.toFixed(1)}`;
  }
  return `${Math.round(milliseconds)} ms${each === "" ? "" : ` (${each})`}`;
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
