/**
 * JSON on a terminal.
 *
 * @module
 */

/** Control characters that `JSON.stringify` leaves as they are. */
const LEFT_BY_JSON = /[\x7f-\x9f\u2028\u2029]/g;

/**
 * A value as JSON that no terminal obeys, without a line end.
 *
 * @param value what `JSON.stringify` takes
 * @param indent by how many spaces what is inside is indented; all is on one line where 0
 */
export function jsonLine(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    LEFT_BY_JSON,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
