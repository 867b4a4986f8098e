/**
 * Formats the results of a replay.
 *
 * @module
 */

import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { plural } from "../../terminal/plural.ts";
import { terminalColours } from "../../terminal/colours.ts";
import type { Difference } from "./connection_differences.ts";
import type { EventTiming } from "./timing.ts";

/** The totals of a replay. */
export interface ReplaySummary {
  readonly connections: number;
  readonly messages: number;
  /** Number of packets played that can be answered. */
  readonly events: number;
  readonly differences: number;
  /** Connections that could not be played, or only in part, each with the reason. */
  readonly unplayed: readonly { readonly connection: number; readonly reason: string }[];
  readonly timing?: readonly EventTiming[];
}

/** Formats a difference as a line: where, what, the traced answer and the new one. */
export function differenceLine(difference: Difference, colour: boolean): string {
  const { connection, message, queueId, subject, about, recorded, now, leftOut } = difference;
  const place = [`connection ${connection}`];
  if (message !== undefined) place.push(`message ${message}${queueId === undefined ? "" : ` (${queueId})`}`);
  place.push(about === "verdict" || about === "changes" ? subject : `${subject}, ${about}`);
  const { bad, good } = terminalColours(colour);
  const then = bad(escapeControlCharacters(recorded ?? "nothing"));
  const after = good(escapeControlCharacters(now ?? "nothing"));
  const rest = leftOut === undefined ? "" : `; the rest of the ${leftOut} is not played`;
  return `${escapeControlCharacters(place.join(", "))}: ${then} -> ${after}${rest}`;
}

/** Formats the totals as a line. */
export function summaryLine(summary: ReplaySummary): string {
  const { connections, messages, events, differences } = summary;
  const played = [plural(connections, "connection"), plural(messages, "message"), plural(events, "event")];
  return `${differences === 0 ? "equal" : plural(differences, "difference")}: ${played.join(", ")} played`;
}

/** Formats the times of answers as a table. */
export function timingLines(timing: readonly EventTiming[]): string[] {
  const columns = ["recorded", "longest", "now", "longest"].map((title) => title.padStart(9)).join(" ");
  const lines = [`${"answer to".padEnd(10)} ${"number".padStart(7)} ${columns}   (medians, ms)`];
  for (const { event, answers, recorded, now } of timing) {
    const times = [recorded.median, recorded.longest, now.median, now.longest];
    const cells = times.map((time) => time.toFixed(2).padStart(9)).join(" ");
    lines.push(`${event.padEnd(10)} ${String(answers).padStart(7)} ${cells}`);
  }
  return lines;
}
