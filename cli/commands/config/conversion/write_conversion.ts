/**
 * Writes what a conversion made to standard output, and what it has to say to standard error.
 *
 * @module
 */

import process from "node:process";
import { escapeControlCharacters } from "../../../terminal/control_characters.ts";
import { EXIT_CODES } from "../../../terminal/exit_codes.ts";
import { placeText, type Remark } from "./report.ts";

/** What a conversion made. */
export interface Conversion {
  /** The configuration; undefined if there are problems. */
  readonly text: string | undefined;
  /** What decides about mail and cannot be converted. */
  readonly problems: readonly Remark[];
  /** What the reader of the configuration must know. */
  readonly notes: readonly Remark[];
}

/**
 * Writes a configuration, and the remarks about it, each on a line with its place.
 *
 * @param conversion what was made
 * @returns the exit code
 */
export function writeConversion({ text, problems, notes }: Conversion): number {
  writeRemarks("note: ", notes);
  writeRemarks("", problems);
  if (text === undefined) return EXIT_CODES.failed;
  process.stdout.write(text);
  return EXIT_CODES.done;
}

function writeRemarks(prefix: string, remarks: readonly Remark[]): void {
  for (const { place, text } of remarks) {
    process.stderr.write(`${escapeControlCharacters(`${placeText(place)}: ${prefix}${text}`)}\n`);
  }
}
