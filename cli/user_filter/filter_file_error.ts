/**
 * The error for a file that cannot be used as a filter.
 *
 * @module
 */

import { type Place, showPlace } from "./place.ts";

/** What is wrong with the file. */
export type FilterFileErrorCode =
  /** It does not exist, or cannot be read. */
  | "filter-file-unreadable"
  /** It, or a file that it imports, is not valid TypeScript, JavaScript or JSON. */
  | "filter-file-syntax"
  /** It imports a module or a name that does not exist. */
  | "filter-file-import"
  /** It threw while it was being loaded. */
  | "filter-file-threw"
  /** It did not finish loading. */
  | "filter-file-timeout"
  /** Its default export is neither a filter nor a definition. */
  | "filter-file-export";

/** A file that cannot be used as a filter, such as "Cannot load ./a.ts: syntax error at ./a.ts:3:20: …". */
export class FilterFileError extends Error {
  override readonly name = "FilterFileError";
  /** What is wrong. */
  readonly code: FilterFileErrorCode;
  /** The offending value: a path, a specifier, what was thrown or exported. */
  readonly value: unknown;
  /** Where it is wrong, if known. */
  readonly place: Place | undefined;

  /**
   * @param file the file as named after `--filter`
   * @param code what is wrong
   * @param value the offending value
   * @param reason what is wrong, in words; `{}` stands for the place
   * @param place where it is wrong, if known
   */
  constructor(file: string, code: FilterFileErrorCode, value: unknown, reason: string, place?: Place) {
    const text = place ? reason.replace("{}", () => showPlace(place)) : reason.replace(/ at \{\}/, "");
    super(`Cannot load ${file}: ${text}`);
    this.code = code;
    this.value = value;
    this.place = place;
  }
}
