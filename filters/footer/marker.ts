/**
 * Chooses the words by which a footer is recognized in a message, such as in the quotes of a reply.
 *
 * @module
 */

import { textOfHtml } from "../../lib/mime/edit/text/html_text.ts";
import { comparable, TextFinder } from "../../lib/mime/edit/text/text_finder.ts";
import type { FooterTemplate } from "./template.ts";

/** Shorter texts would occur in other mail by accident. */
export const SHORTEST_MARKER = 8;

/** Everything in HTML that is not text. */
const NO_TEXT = /<!--[\s\S]*?-->|<(style|script|title)\b[\s\S]*?<\/\1\s*>|<[^>]*>/gi;

/** The fixed text of a template, between the values that are filled in. */
function literalText({ literals }: FooterTemplate): string {
  return literals.join("\n");
}

/**
 * The words by which a footer in plain text is recognized: its longest line, without what messages fill in.
 *
 * @returns undefined if no line has enough letters and digits
 */
export function textMarker(template: FooterTemplate): string | undefined {
  return longest(literalText(template).split(/\r\n|\n|\r/));
}

/**
 * The same for a footer in HTML: the longest text without a tag in it.
 *
 * @returns undefined if no text has enough letters and digits
 */
export function htmlMarker(template: FooterTemplate): string | undefined {
  const html = literalText(template);
  // Titles and the like are removed; leftovers of tags that the expression misses are not found in the text.
  return longest(
    html.replace(NO_TEXT, "\n").split("\n").map(textOfHtml).filter((text) => isIn(text, html, true)),
  );
}

/** Whether a footer has a text, in what is the same in all messages. */
export function hasMarker(template: FooterTemplate, marker: string, isHtml: boolean): boolean {
  return isIn(marker, template.literals.join(isHtml ? "<!---->" : "\n"), isHtml);
}

function isIn(text: string, whole: string, isHtml: boolean): boolean {
  const finder = new TextFinder(text, isHtml);
  finder.push(whole);
  return finder.found;
}

function longest(texts: readonly string[]): string | undefined {
  const sizes = texts.map((text) => comparable(text).length);
  const most = Math.max(0, ...sizes);
  return most < SHORTEST_MARKER ? undefined : texts[sizes.indexOf(most)]!.trim();
}
