/**
 * Reports on a checked message for people.
 *
 * @module
 */

import { formatPatch, structuredPatch } from "diff";
import type { FilterNote } from "../../../lib/filter/report.ts";
import type { FilterLogLine } from "../../../lib/kit/kit.ts";
import type { MailState } from "../../../lib/message/apply_modifications.ts";
import { formatMessage } from "../../../lib/message/parse.ts";
import type { Step } from "../../../lib/mta/send_message.ts";
import type { MailOutcome } from "../../../lib/mta/delivery.ts";
import { replyText, type SmtpReply } from "../../../lib/protocol/reply.ts";
import { utf8Text } from "../../../lib/protocol/text.ts";
import { noteText } from "../../log/note_text.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { Colours } from "../../terminal/colours.ts";
import type { CheckedMessage } from "./check_message.ts";
import { memberLines } from "./member_report.ts";

/** Reports on one message in full: the events, what the filters did, the outcome, and the changes. */
export function fullReport(checked: CheckedMessage, colours: Colours): string {
  const { name, report, notes, labels, failures, logs } = checked;
  const { bad, dim, warning } = colours;
  const { before, after } = report;
  const recipients = recipientsOf(before, report.refused.map(({ recipient }) => recipient));
  const lines = [
    escapeControlCharacters(`${name}: from=<${before.sender}> to=${recipients}`),
    "",
    ...report.steps.map((step) => stepLine(step, colours)),
    "",
    ...members(checked, colours),
    ...notes.map((note) => noteLine(note, colours)),
    ...labels.length === 0 ? [] : [escapeControlCharacters(`labels: ${labels.join(", ")}`)],
    ...logs.map((line) => dim(logLine(line))),
    ...failures.map(({ filter, event, error }) =>
      bad(
        `${filter} failed at ${event}: ${
          escapeControlCharacters(error instanceof Error ? error.message : String(error))
        }`,
      )
    ),
    ...report.refused.map(({ recipient, outcome, reply }) =>
      bad(`<${escapeControlCharacters(recipient)}>: ${outcome}${replyPart(reply)}`)
    ),
    outcomeLine(checked, colours),
    ...envelopeLines(before, after).map(warning),
    ...difference(name, before, after, colours),
  ];
  return lines.join("\n") + "\n";
}

/** The filters: of a configuration file all of them, of a command line those that there is something to say of. */
function members(checked: CheckedMessage, colours: Colours): string[] {
  const { place } = checked;
  const lines = memberLines(checked, colours, place !== undefined);
  const heading = place === undefined ? "filters" : `filters of ${escapeControlCharacters(place)}`;
  return lines.length === 0 ? [] : [heading, ...lines, ""];
}

/** Reports on one message in a line of a table, with why filters did what they did in the lines below. */
export function explainedReport(checked: CheckedMessage, colours: Colours): string {
  const lines = memberLines(checked, colours, false);
  return shortReport(checked, colours) + lines.map((line) => `  ${line}\n`).join("");
}

/** Reports on one message in a line of a table. */
export function shortReport(checked: CheckedMessage, colours: Colours): string {
  const { name, report } = checked;
  const by = decidedBy(checked);
  const changes = report.modifications.length > 0 && report.outcome === "accept" ? "changed" : "";
  const what = by === "" ? changes : `by ${by}${replyPart(report.reply)}`;
  return `${colourOf(report.outcome, colours)(report.outcome.padEnd(8))}  ${escapeControlCharacters(name)}${
    what === "" ? "" : `  ${what}`
  }\n`;
}

function recipientsOf({ recipients }: MailState, refused: readonly string[]): string {
  return [...recipients, ...refused].map((to) => `<${to}>`).join(",");
}

function stepLine({ event, subject, sent, answer, milliseconds }: Step, colours: Colours): string {
  const { dim } = colours;
  const what = `  ${event.padEnd(8)}${escapeControlCharacters(shortened(subject)).padEnd(SUBJECT_WIDTH)}  `;
  if (!sent) return dim(`${what}not asked`);
  const { verdict, reply, hangUp } = answer;
  const time = milliseconds >= SLOW ? dim(`  ${Math.round(milliseconds)} ms`) : "";
  if (verdict === "continue") return `${what}${dim("continue")}${time}`;
  const shown = `${verdict}${replyPart(reply)}${hangUp === undefined ? "" : ` (${hangUp})`}`;
  const colour = ["accept", "skip"].includes(verdict) ? colours.good : colours.bad;
  return `${what}${colour(shown)}${time}`;
}

/** Longest subject of an event that is shown in full, in characters. */
const SUBJECT_WIDTH = 60;
/** From this time on, an answer's time is shown, in milliseconds. */
const SLOW = 100;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > SUBJECT_WIDTH ? `${line.slice(0, SUBJECT_WIDTH - 1)}…` : line;
}

function noteLine(note: FilterNote, { warning }: Colours): string {
  const where = note.event === undefined ? "" : ` at ${note.event}`;
  const about = note.recipient === undefined ? "" : ` <${note.recipient}>`;
  return warning(
    escapeControlCharacters(
      `${note.filter}${note.dryRun ? " (dry run)" : ""}${where}: ${noteText(note)}${about}`,
    ),
  );
}

function logLine({ filter, level, text, fields }: FilterLogLine): string {
  const rest = Object.keys(fields).length === 0 ? "" : ` ${terminalSafeJson(fields)}`;
  return `${filter} logs ${level}: ${escapeControlCharacters(text)}${rest}`;
}

function outcomeLine(checked: CheckedMessage, colours: Colours): string {
  const { report } = checked;
  const by = decidedBy(checked);
  const held = report.after.held === undefined ? "" : `, held: ${report.after.held}`;
  const text = `${report.outcome}${by === "" ? "" : ` by ${by} at ${report.event}`}${
    replyPart(report.reply)
  }${held}`;
  return colourOf(report.outcome, colours)(escapeControlCharacters(text));
}

/** The filter that refused the message; empty if none did, or it is unknown. */
export function decidedBy({ report, notes }: CheckedMessage): string {
  if (report.outcome === "accept") return "";
  return notes.findLast(({ verdict, dryRun }) => verdict !== undefined && !dryRun)?.filter ?? "";
}

/** An SMTP reply after a space; empty if there is none. */
export function replyPart(reply: SmtpReply | undefined): string {
  return reply === undefined ? "" : ` ${escapeControlCharacters(replyText(reply))}`;
}

function colourOf(outcome: MailOutcome, { good, bad, warning }: Colours): (text: string) => string {
  return outcome === "accept" ? good : outcome === "tempfail" ? warning : bad;
}

/** The changes of sender and recipients. */
function envelopeLines(before: MailState, after: MailState): string[] {
  const lines: string[] = [];
  if (before.sender !== after.sender) lines.push(`sender: <${before.sender}> -> <${after.sender}>`);
  for (const to of after.recipients) {
    if (!before.recipients.includes(to)) lines.push(`recipient added: <${to}>`);
  }
  for (const to of before.recipients) {
    if (!after.recipients.includes(to)) lines.push(`recipient deleted: <${to}>`);
  }
  return lines.map(escapeControlCharacters);
}

/** The changes of header and body, as a unified diff. */
function difference(
  name: string,
  before: MailState,
  after: MailState,
  { good, bad, dim }: Colours,
): string[] {
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
        const text = escapeControlCharacters(shown);
        if (/^(---|\+\+\+|@@)/.test(line)) return dim(text);
        return line[0] === "+" ? good(text) : line[0] === "-" ? bad(text) : text;
      },
    ),
  ];
}

function textOf(state: MailState): string {
  return utf8Text(formatMessage({ header: state.header, body: state.body })).replaceAll("\r\n", "\n");
}
