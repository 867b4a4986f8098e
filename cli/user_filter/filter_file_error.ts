/**
 * What can be wrong with a file that is to be a filter.
 *
 * @module
 */

import { type Place, showPlace } from "./place.ts";

/** What is wrong. */
export type FilterFileErrorCode =
  /** There is no such file, or it cannot be read. */
  | "filter-file-unreadable"
  /** It, or a file that it imports, is no TypeScript, JavaScript or JSON. */
  | "filter-file-syntax"
  /** It imports what there is not. */
  | "filter-file-import"
  /** It threw while it was loaded. */
  | "filter-file-threw"
  /** It did not finish loading. */
  | "filter-file-timeout"
  /** What it exports is no filter. */
  | "filter-file-export";

/** A file that cannot be used as a filter, such as "Cannot load ./a.ts: syntax error at ./a.ts:3:20: …". */
export class FilterFileError extends Error {
  override readonly name = "FilterFileError";
  /** What is wrong. */
  readonly code: FilterFileErrorCode;
  /** What is offending: a path, a specifier, what was thrown or exported. */
  readonly value: unknown;
  /** Where, as far as that is known. */
  readonly place: Place | undefined;

  /**
   * @param file the file, as it was named
   * @param code what is wrong
   * @param value what is offending
   * @param reason what is wrong, in words; `{}` stands for the place
   * @param place where, as far as that is known
   */
  constructor(file: string, code: FilterFileErrorCode, value: unknown, reason: string, place?: Place) {
    const text = place ? reason.replace("{}", () => showPlace(place)) : reason.replace(/ at \{\}/, "");
    super(`Cannot load ${file}: ${text}`);
    this.code = code;
    this.value = value;
    this.place = place;
  }
}
