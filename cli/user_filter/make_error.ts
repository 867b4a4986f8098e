/**
 * Explains why a filter from a user's file could not be made.
 *
 * @module
 */

import { InvalidFilterError } from "../../lib/filter/validate.ts";
import { FilterStartError } from "../../lib/kit/filter_errors.ts";
import { FilterFileError } from "./filter_file_error.ts";
import { placeOfThrow } from "./place.ts";

/**
 * Turns an error of `makeFromValues` into one about the file. An `OptionError` is a mistake in the command line and stays.
 *
 * @param file the file as named after `--filter`
 * @param error the error
 */
export function explainMakeError(file: string, error: unknown): unknown {
  if (error instanceof InvalidFilterError) {
    return new FilterFileError(file, "filter-file-export", error.value, error.message.replace(/^I/, "i"));
  }
  if (!(error instanceof FilterStartError)) return error;
  const { problem, value } = error;
  if (problem !== "threw") {
    const reason = error.message.replace(/^.*?: /, "");
    return new FilterFileError(
      file,
      problem === "late" ? "filter-file-timeout" : "filter-file-export",
      value,
      reason,
    );
  }
  const text = value instanceof Error ? value.message : String(value);
  return new FilterFileError(
    file,
    "filter-file-threw",
    value,
    `its create() threw at {}: ${text}`,
    placeOfThrow(value),
  );
}
