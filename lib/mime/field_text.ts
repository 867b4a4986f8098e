/**
 * The text of a header field.
 *
 * @module
 */

import { decodeWords } from "./encoded_words.ts";
import { singleLine } from "./single_line.ts";

/**
 * The value of a field as people read it: on one line, with encoded words decoded.
 *
 * @param value everything after the colon, folded or not
 */
export function fieldText(value: Uint8Array): string {
  return singleLine(decodeWords(value));
}
