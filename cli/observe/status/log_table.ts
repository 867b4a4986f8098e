/**
 * Renders lines of the log.
 *
 * @module
 */

import type { LogLine } from "../mail_log/entry.ts";
import { messageLink } from "./links.ts";
import { type Markup, markup } from "./markup.ts";
import { mark, moment } from "./moment.ts";
import { quiet, strangers } from "./strangers.ts";

/** Which lines to show, and how. */
export interface LogTableOptions {
  /** The id of its heading. */
  readonly title: string;
  /** The time now, in ISO 8601. */
  readonly now: string;
  /** Whether to lead from each line to its message. */
  readonly leadsToMessages: boolean;
}

const COLUMNS = ["Time", "Level", "Line"];

/** Renders a table of lines. Each has an id, to which an error of a message leads. */
export function logTable(
  lines: readonly LogLine[],
  { title, now, leadsToMessages }: LogTableOptions,
): Markup {
  return markup`<table role="table" class="log" aria-labelledby="${title}">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map((name) => markup`<th role="columnheader" scope="col">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${lines.map((line) => row(line, now, leadsToMessages))}</tbody>
</table>`;
}

/** Returns the id of a line's row. */
export function lineAnchor(id: string): string {
  return `line-${id}`;
}

function row(
  { id, at, level, text, queueId, worker }: LogLine,
  now: string,
  leadsToMessages: boolean,
): Markup {
  const message = queueId !== undefined && leadsToMessages
    ? markup` <a href="${messageLink(queueId)}">message ${strangers(queueId)}</a>`
    : undefined;
  return markup`<tr role="row" id="${lineAnchor(id)}">
<td role="cell" class="time">${moment(at, now)}</td>
<td role="cell" class="level">${mark(level, level)}</td>
<td role="cell" class="line">${strangers(text)}${message}${
    worker === undefined ? undefined : quiet(`worker ${worker}`)
  }</td>
</tr>
`;
}
