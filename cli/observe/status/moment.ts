/**
 * Renders times and short marks of messages.
 *
 * @module
 */

import { clockText } from "./figures.ts";
import { type Content, type Markup, markup } from "./markup.ts";

/**
 * Renders a time of day in UTC, with its date if that is another than today's.
 *
 * @param at the time, in ISO 8601
 * @param now the time now, in ISO 8601
 */
export function moment(at: string, now: string): Markup {
  const day = at.slice(0, 10) === now.slice(0, 10) ? "" : `${at.slice(5, 10)} `;
  return markup`<time datetime="${at}" title="${at}">${day}${clockText(at)}</time>`;
}

/** Renders a short word in a frame. */
export function mark(content: Content, kind: string = ""): Markup {
  return markup` <span class="${kind === "" ? "mark" : `mark ${kind}`}">${content}</span>`;
}
