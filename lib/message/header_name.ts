/**
 * Checks names of header fields.
 *
 * @module
 */

/**
 * Whether a text is a valid header field name: printable ASCII, no colon, no space (RFC 5322 2.2).
 *
 * @param name the text
 */
export function isHeaderName(name: string): boolean {
  return /^[!-9;-~]+$/.test(name);
}

/**
 * What is wrong with the name of a header field, and what to write instead.
 *
 * @param name the text
 * @returns undefined if nothing is wrong
 */
export function headerNameProblem(name: string): string | undefined {
  if (name === "") return "the header name is missing";
  if (isHeaderName(name)) return undefined;
  const [, bare] = /^\s*([!-9;-~]+)\s*:?\s*$/.exec(name) ?? [];
  const better = bare === undefined ? "want printable ASCII without a colon or a space" : `write ${bare}`;
  return `${JSON.stringify(name)} is not a header name: ${better}`;
}
