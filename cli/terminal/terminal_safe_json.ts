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
export function terminalSafeJson(value: unknown, indent = 0): string {
  return wellFormedJson(JSON.stringify(value, null, indent)).replace(
    LEFT_BY_JSON,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * JSON whose text every parser takes. `JSON.stringify` writes the escape of a byte that is not UTF-8 as a lone surrogate,
 * which many a parser refuses; here the byte is the latin1 character of its number.
 */
export function wellFormedJson(json: string): string {
  return json.replace(/\\(?:u(d[89a-f])([0-9a-f]{2})|.)/g, (whole, high, low) => {
    if (high === undefined) return whole;
    return high === "dc" && low >= "80" ? `\\u00${low}` : "\\ufffd";
  });
}
