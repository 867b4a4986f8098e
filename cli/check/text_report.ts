/**
 * What became of a checked message, for people.
 *
 * @module
 */

import { formatPatch, structuredPatch } from "diff";
import type { FilterNote } from "../../lib/filter/report.ts";
import type { MailState } from "../../lib/message/modified.ts";
import { formatMessage } from "../../lib/message/parse.ts";
import type { Step } from "../../lib/mta/send_message.ts";
import type { MailOutcome } from "../../lib/mta/delivery.ts";
import type { SmtpReply } from "../../lib/protocol/reply.ts";
import { utf8Text } from "../../lib/protocol/text.ts";
import { showControls } from "../controls.ts";
import type { Checked } from "./checked.ts";

/** Puts colours around text, or not. */
export interface Paint {
  /** What is well. */
  readonly good: (text: string) => string;
  /** What is refused, or went wrong. */
  readonly bad: (text: string) => string;
  /** What wants a look. */
  readonly notable: (text: string) => string;
  /** What matters less. */
  readonly dim: (text: string) => string;
}

/** The colours of a terminal, or none. */
export function paint(colour: boolean): Paint {
  const with_ = (code: number) => (text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: with_(32), bad: with_(31), notable: with_(33), dim: with_(2) };
}

/** One message in full: its events, what the filters did, the outcome, and what changed. */
export function fullReport(checked: Checked, { good, bad, notable, dim }: Paint): string {
  const { name, report, notes, failures } = checked;
  const { before, after } = report;
  const lines = [
    `${name}: from=<${before.sender}> to=${
      recipientsOf(before, report.refused.map(({ recipient }) => recipient))
    }`,
    "",
    ...report.steps.map((step) => stepLine(step, { good, bad, notable, dim })),
    "",
    ...notes.map((note) => noteLine(note, { good, bad, notable, dim })),
    ...failures.map(({ filter, event, error }) =>
      bad(
        `${filter} failed at ${event}: ${
          showControls(error instanceof Error ? error.message : String(error))
        }`,
      )
    ),
    ...report.refused.map(({ recipient, outcome, reply }) =>
      bad(`<${showControls(recipient)}>: ${outcome}${replyText(reply)}`)
    ),
    outcomeLine(checked, { good, bad, notable, dim }),
    ...envelopeLines(before, after).map(notable),
    ...difference(name, before, after, { good, bad, notable, dim }),
  ];
  return lines.join("\n") + "\n";
}

/** One message in a line, for a table. */
export function shortReport(checked: Checked, colours: Paint): string {
  const { name, report } = checked;
  const by = decidedBy(checked);
  const changes = report.modifications.length > 0 && report.outcome === "accept" ? "changed" : "";
  const what = by === "" ? changes : `by ${by}${replyText(report.reply)}`;
  return `${colourOf(report.outcome, colours)(report.outcome.padEnd(8))}  ${showControls(name)}${
    what === "" ? "" : `  ${what}`
  }\n`;
}

function recipientsOf({ recipients }: MailState, refused: readonly string[]): string {
  return [...recipients, ...refused].map((to) => `<${showControls(to)}>`).join(",");
}

function stepLine({ event, subject, sent, answer, milliseconds }: Step, colours: Paint): string {
  const { dim } = colours;
  const what = `  ${event.padEnd(8)}${showControls(shortened(subject)).padEnd(SUBJECT_WIDTH)}  `;
  if (!sent) return dim(`${what}not asked`);
  const { verdict, reply } = answer;
  const time = milliseconds >= SLOW ? dim(`  ${Math.round(milliseconds)} ms`) : "";
  if (verdict === "continue") return `${what}${dim("continue")}${time}`;
  const shown = verdict === "reply" ? replyText(reply).trim() : verdict;
  const colour = ["accept", "skip"].includes(verdict) ? colours.good : colours.bad;
  return `${what}${colour(shown)}${time}`;
}

/** So many characters of what an event is about are shown. */
const SUBJECT_WIDTH = 60;
/** An answer that took so long is shown with its time, in milliseconds. */
const SLOW = 100;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > SUBJECT_WIDTH ? `${line.slice(0, SUBJECT_WIDTH - 1)}…` : line;
}

function noteLine(note: FilterNote, { notable }: Paint): string {
  const what = [note.verdict, note.remark, ...note.changes ?? []].filter(Boolean).join(", ");
  const where = note.event === undefined ? "" : ` at ${note.event}`;
  const about = note.recipient === undefined ? "" : ` <${note.recipient}>`;
  return notable(showControls(`${note.filter}${note.dryRun ? " (dry run)" : ""}${where}: ${what}${about}`));
}

function outcomeLine(checked: Checked, colours: Paint): string {
  const { report } = checked;
  const by = decidedBy(checked);
  const held = report.after.held === undefined ? "" : `, held: ${report.after.held}`;
  const text = `${report.outcome}${by === "" ? "" : ` by ${by} at ${report.event}`}${
    replyText(report.reply)
  }${held}`;
  return colourOf(report.outcome, colours)(showControls(text));
}

/** The filter that refused it; nothing where none did, or who is not known. */
function decidedBy({ report, notes }: Checked): string {
  if (report.outcome === "accept") return "";
  return notes.findLast(({ verdict, dryRun }) => verdict !== undefined && !dryRun)?.filter ?? "";
}

function replyText(reply: SmtpReply | undefined): string {
  if (reply === undefined) return "";
  return ` ${[reply.code, reply.enhanced, reply.lines.join(" ")].filter(Boolean).join(" ")}`;
}

function colourOf(outcome: MailOutcome, { good, bad, notable }: Paint): (text: string) => string {
  return outcome === "accept" ? good : outcome === "tempfail" ? notable : bad;
}

/** What became of sender and recipients. */
function envelopeLines(before: MailState, after: MailState): string[] {
  const lines: string[] = [];
  if (before.sender !== after.sender) lines.push(`sender: <${before.sender}> -> <${after.sender}>`);
  for (const to of after.recipients) {
    if (!before.recipients.includes(to)) lines.push(`recipient added: <${to}>`);
  }
  for (const to of before.recipients) {
    if (!after.recipients.includes(to)) lines.push(`recipient deleted: <${to}>`);
  }
  return lines.map(showControls);
}

/** What became of header and body, as a unified difference. */
function difference(name: string, before: MailState, after: MailState, { good, bad, dim }: Paint): string[] {
  const patch = structuredPatch(
    name,
    `${name}, as delivered`,
    textOf(before),
    textOf(after),
    undefined,
    undefined,
    {
      context: 2,
    },
  );
  if (patch.hunks.length === 0) return [];
  return [
    "",
    ...formatPatch(patch).trimEnd().split("\n").filter((line) => !/^(=+|Index: .*)$/.test(line)).map(
      (line) => {
        const shown = line[0] + line.slice(1).replaceAll("\t", "    ");
        const text = showControls(shown);
        if (/^(---|\+\+\+|@@)/.test(line)) return dim(text);
        return line[0] === "+" ? good(text) : line[0] === "-" ? bad(text) : text;
      },
    ),
  ];
}

function textOf(state: MailState): string {
  return utf8Text(formatMessage({ header: state.header, body: state.body })).replaceAll("\r\n", "\n");
}
