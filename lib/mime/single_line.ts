/**
 * Converts the text of a field to one line.
 *
 * @module
 */

/**
 * Converts text to one line: unfolded (RFC 5322 section 2.2.3), and without characters that would break a line or are
 * invisible. A line break before white space is removed, every other one becomes a space, as does a tab; other control
 * characters (NUL too) are removed, and white space at both ends.
 *
 * Zero-width characters and those that change the writing direction stay: languages need them.
 */
export function singleLine(text: string): string {
  if (/^(?:[!-~](?:[ -~]*[!-~])?)?$/.test(text)) return text;
  return text
    .replace(/\r?\n(?=[ \t])/g, "")
    .replace(/\r\n|[\t\r\n\u0085\u2028\u2029]/g, " ")
    // deno-lint-ignore no-control-regex -- they are what is removed
    .replace(/[\0-\x1f\x7f-\x9f]/g, "")
    .trim();
}
