/**
 * Reports on a run for people.
 *
 * @module
 */

import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { plural } from "../../terminal/plural.ts";
import type { LoadSummary, Times } from "./summary.ts";

/** Length of the histogram's longest bar, in characters. */
const BAR = 50;
/** From this share of a core on, the generator itself may limit the figures. */
const BUSY = 0.9;

/** Formats the figures, a line each, and the histogram of latencies. */
export function textReport(address: string, summary: LoadSummary): string {
  const { settings, message, messages, seconds, latency, connecting, generatorShare } = summary;
  const { connections, perConnection, rate } = settings;
  const atRate = rate === undefined ? "" : `, ${rate} messages/s wanted`;
  const lines = [
    `${escapeControlCharacters(address)}: ${plural(connections, "connection")}, ${
      plural(perConnection, "message")
    } on each${atRate}`,
    `${plural(message.headers, "header field")}, ${plural(message.body, "byte")} of body, ${
      plural(message.recipients, "recipient")
    }`,
    "",
    line(
      "messages",
      `${messages} in ${seconds.toFixed(2)} s: ${figure(summary.messagesPerSecond)} messages/s, ${
        figure(summary.megabytesPerSecond)
      } MB/s`,
    ),
    line("verdicts", countsText(summary.verdicts)),
    ...(summary.refusedRecipients > 0
      ? [line("recipients", `${summary.refusedRecipients} refused individually`)]
      : []),
    ...(Object.keys(summary.changes).length > 0 ? [line("changes", countsText(summary.changes))] : []),
    line("latency", timesText(latency)),
    line("connecting", timesText(connecting)),
    line("generator", `${Math.round(generatorShare * 100)} % of a core`),
    ...errorLines(summary),
    ...notes(summary),
    ...histogramLines(summary),
  ];
  return lines.join("\n") + "\n";
}

/** Formats a time with three significant digits, in a suitable unit. */
export function exactTimeText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${figure(milliseconds / 1000)} s`;
  if (milliseconds >= 1) return `${figure(milliseconds)} ms`;
  return `${figure(milliseconds * 1000)} us`;
}

/** Formats a number with three significant digits, or all digits before the point. */
function figure(value: number): string {
  if (value >= 100 || value === 0) return value.toFixed(0);
  return value.toPrecision(3);
}

function line(name: string, text: string): string {
  return `${name.padEnd(12)}${text}`;
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return parts.length > 0 ? parts.join(", ") : "none";
}

function timesText({ count, mean, p50, p90, p99, max }: Times): string {
  if (count === 0) return "not measured";
  const parts = { mean, p50, p90, p99, max };
  return Object.entries(parts).map(([name, time]) => `${name} ${exactTimeText(time)}`).join("   ");
}

function errorLines({ errors }: LoadSummary): string[] {
  const kinds = Object.entries(errors);
  if (kinds.length === 0) return [line("errors", "none")];
  return kinds.map(([kind, { count, first }], i) =>
    line(i === 0 ? "errors" : "", `${count} ${kind}, the first: ${escapeControlCharacters(first)}`)
  );
}

function notes({ endedEarly, behind, late, generatorShare, settings }: LoadSummary): string[] {
  const notes: string[] = [];
  if (endedEarly === "stopped") notes.push("Ended by a signal; these are the figures so far.");
  if (endedEarly === "gone") notes.push("Ended early: the milter is gone, or has stopped answering.");
  if (behind > 0 && endedEarly === undefined) {
    notes.push(
      `${
        plural(behind, "message")
      } should have started and did not: ${settings.rate}/s is more than this milter ` +
        `handles on ${plural(settings.connections, "connection")}.`,
    );
  }
  if (late && late.count > 0) {
    notes.push(
      `Messages started ${exactTimeText(late.mean)} late on average although a connection was free (p99 ${
        exactTimeText(late.p99)
      }). This is the generator's inaccuracy, and part of the latencies.`,
    );
  }
  if (generatorShare >= BUSY && settings.rate === undefined) {
    notes.push("The generator was busy all the time; the milter may be faster than this.");
  }
  return notes.length > 0 ? ["", ...notes] : [];
}

function histogramLines({ histogram, latency }: LoadSummary): string[] {
  const most = Math.max(...histogram.map(({ count }) => count));
  const labelled = histogram.map(({ from, count }) => ({
    label: exactTimeText(from).replace(/\.0+(?= )/, ""),
    count,
  }));
  const width = Math.max(...labelled.map(({ label }) => label.length));
  const rows = labelled.map(({ label, count }) => {
    const bar = "#".repeat(Math.ceil(count * BAR / most)).padEnd(BAR);
    const share = (count * 100 / latency.count).toFixed(1).padStart(5);
    return `${label.padStart(width)} ${bar} ${share} %  ${count}`;
  });
  return rows.length > 0
    ? ["", "Messages by latency; each row ranges from its time up to the next:", ...rows]
    : [];
}
