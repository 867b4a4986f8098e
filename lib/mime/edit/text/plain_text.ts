/**
 * Converts text to add to the form that each kind of part needs.
 *
 * @module
 */

/** The longest line that SMTP allows, in bytes without its end (RFC 5321, 4.5.3.1.6). */
const LONGEST_LINE = 998;
const LF = 0x0a;

/** The lines of a text, without their ends and without empty ones at its beginning and end. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.length > 0 && lines[0]!.trim() === "") lines.shift();
  while (lines.length > 0 && lines.at(-1)!.trim() === "") lines.pop();
  return lines;
}

/** Lines for a part with `format=flowed` (RFC 3676): none of them flows into the next, and each is shown unchanged. */
export function fixedLines(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const kept = line === "-- " ? line : line.trimEnd();
    return /^(?: |>|From )/.test(kept) ? ` ${kept}` : kept;
  });
}

/**
 * Converts a text to HTML: a paragraph for each block of lines, with its line breaks; URLs do not become links.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { htmlOf } from "./plain_text.ts";
 *
 * assert.equal(htmlOf("A & B\nLtd"), "<p>A &amp; B<br>\r\nLtd</p>");
 * ```
 */
export function htmlOf(text: string): string {
  const blocks = linesOf(text).join("\n").split(/\n[ \t]*\n\s*/);
  return blocks.map((block) => `<p>${escapeHtml(block).replaceAll("\n", "<br>\r\n")}</p>`).join("\r\n");
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for HTML, including attribute values. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => REFERENCES[char]!);
}

/** Converts HTML to ASCII: other characters become character references. */
export function asciiHtml(html: string): string {
  return html.replace(/[\u{80}-\u{10ffff}]/gu, (char) => `&#${char.codePointAt(0)};`);
}

/** Whether a line of a text is longer than SMTP allows. */
export function hasLongLine(bytes: Uint8Array): boolean {
  let start = 0;
  for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, start)) {
    if (lf - start > LONGEST_LINE) return true;
    start = lf + 1;
  }
  return bytes.length - start > LONGEST_LINE;
}
