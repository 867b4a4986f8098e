/**
 * JSON that is safe to print on a terminal.
 *
 * @module
 */

/** Control characters that `JSON.stringify` does not escape. */
const LEFT_BY_JSON = /[\x7f-\x9f\u2028\u2029]/g;

/**
 * Formats a value as JSON in which every control character is escaped. No newline at the end.
 *
 * @param value anything that `JSON.stringify` accepts
 * @param indent spaces for each level; 0 puts everything on one line
 */
export function terminalSafeJson(value: unknown, indent = 0): string {
  return wellFormedJson(JSON.stringify(value, null, indent)).replace(
    LEFT_BY_JSON,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Replaces lone surrogates, which many parsers reject. In our strings they stand for bytes that are not UTF-8: each
 * becomes the Latin-1 character with the byte's number. Any other becomes U+FFFD.
 *
 * @param json what `JSON.stringify` returned
 */
export function wellFormedJson(json: string): string {
  return json.replace(/\\(?:u(d[89a-f])([0-9a-f]{2})|.)/g, (whole, high, low) => {
    if (high === undefined) return whole;
    return high === "dc" && low >= "80" ? `\\u00${low}` : "\\ufffd";
  });
}
