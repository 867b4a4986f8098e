/**
 * Checks values that are valid for their kind but may still be unusable, while their place in the file is known.
 *
 * @module
 */

import { FILE_OPTIONS } from "../options/serve_options.ts";
import type { Problem } from "./problem.ts";
import { inFileTerms } from "./settings.ts";
import type { Setting } from "./toml.ts";

/**
 * Checks the values of settings.
 *
 * @param settings the settings of a table
 * @param problems receives the problems
 */
export function checkValues(settings: readonly Setting[], problems: Problem[]): void {
  for (const { key, values } of settings) {
    const option = FILE_OPTIONS.find(({ name }) => name === key);
    if (!option?.check) continue;
    for (const { place, kind, text } of values) {
      // A value of the wrong kind is reported elsewhere.
      if (text === "" || (kind !== "string" && kind !== "number")) continue;
      try {
        option.check(text);
      } catch (error) {
        problems.push({ place, reason: inFileTerms(error as Error) });
      }
    }
  }
}
