/**
 * Makes one line of text of what a field says.
 *
 * @module
 */

/**
 * Text as one line: unfolded (RFC 5322 section 2.2.3), and without what would break a line or is invisible in one. A line
 * break before white space is removed, every other one becomes a space, as does a tab; other control characters (NUL too)
 * are removed, and white space at both ends.
 *
 * Characters without a width and those that change the direction of writing stay: languages need them.
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
