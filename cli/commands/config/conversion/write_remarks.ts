/**
 * Writes what a conversion has to say to standard error.
 *
 * @module
 */

import process from "node:process";
import { escapeControlCharacters } from "../../../terminal/control_characters.ts";
import { placeText, type Remark } from "./report.ts";

/**
 * Writes remarks, each on a line with its place.
 *
 * @param prefix stands before each text
 * @param remarks the remarks in order
 */
export function writeRemarks(prefix: string, remarks: readonly Remark[]): void {
  for (const { place, text } of remarks) {
    process.stderr.write(`${escapeControlCharacters(`${placeText(place)}: ${prefix}${text}`)}\n`);
  }
}
