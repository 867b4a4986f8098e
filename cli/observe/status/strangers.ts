/**
 * Renders texts that others chose, such as addresses.
 *
 * @module
 */

import { startOf } from "./figures.ts";
import { type Content, type Markup, markup } from "./markup.ts";

/**
 * Renders text from outside, isolated so that its writing direction cannot affect the text around it.
 *
 * @param most the most characters to show; a tooltip shows all of them
 */
export function strangers(text: string | undefined, most: number = Infinity): Markup {
  if (text === undefined) return markup`<span class="none">–</span>`;
  if (text.length <= most) return markup`<bdi>${text}</bdi>`;
  return markup`<bdi title="${text}">${startOf(text, most)}</bdi>`;
}

/** Renders what matters less, behind what matters more. */
export function quiet(content: Content): Markup {
  return markup` <span class="quiet">${content}</span>`;
}
