/**
 * A message, and a connection that was refused, in one line.
 *
 * @module
 */

import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";

/** Recipients and remarks that a line shows at most; what is for programs has all. */
const SHOWN = 20;

/** What became of a message, whose it was, what each filter said or did, and how long it took. */
export function messageLine(report: MessageReport): string {
  const { queueId, outcome, reply, filter, event, sender, recipients, client, notes, quarantine } = report;
  const parts = [`${queueId ?? "-"}: ${outcome}`];
  if (filter) parts[0] += ` by ${filter} at ${event}`;
  if (reply) parts.push(reply);
  const shown = recipients.slice(0, SHOWN).map((to) => `<${to}>`).join(",");
  const more = recipients.length > SHOWN ? `,… (${recipients.length} in all)` : "";
  parts.push(`from=<${sender ?? ""}> to=${shown}${more} client=${client ?? "-"}`);
  // The verdict that decided it stands in front.
  const decided = ({ verdict, recipient, dryRun, ...note }: FilterNote) =>
    verdict !== undefined && recipient === undefined && !dryRun && note.filter === filter &&
    note.event === event;
  const others = notes.filter((note) => !decided(note));
  for (const note of others.slice(0, SHOWN)) {
    const what = [note.verdict, note.remark, ...note.changes ?? []].filter(Boolean).join(", ");
    const about = note.recipient === undefined ? "" : ` <${note.recipient}>`;
    parts.push(`${note.filter}${note.dryRun ? " (dry run)" : ""}: ${what}${about}`);
  }
  if (others.length > SHOWN) parts.push(`… (${others.length - SHOWN} more)`);
  if (quarantine !== undefined) parts.push(`held: ${quarantine}`);
  parts.push(timePart(report));
  return parts.join("; ");
}

/** `14 ms (size-limit 0.1, dkim-check 12.3)`. */
function timePart({ milliseconds, filters }: MessageReport): string {
  const each = filters.map(({ filter, milliseconds }) => `${filter} ${milliseconds.toFixed(1)}`).join(", ");
  return `${Math.round(milliseconds)} ms${each ? ` (${each})` : ""}`;
}

/** A message for programs: times in whole tenths, since more is noise. */
export function messageProperties(report: MessageReport): Record<string, unknown> {
  const tenths = (milliseconds: number) => Math.round(milliseconds * 10) / 10;
  return {
    ...report,
    filters: report.filters.map((each) => ({ ...each, milliseconds: tenths(each.milliseconds) })),
    milliseconds: tenths(report.milliseconds),
  };
}

/** Who refused a connection, and why. */
export function refusalLine(report: ConnectionReport): string {
  const { client, helo, outcome, reply, filter, event, dryRun } = report;
  const parts = [`client ${client ?? "-"}: ${outcome} by ${filter} at ${event}${dryRun ? " (dry run)" : ""}`];
  if (reply) parts.push(reply);
  if (helo !== undefined) parts.push(`helo=${helo}`);
  return parts.join("; ");
}
