/**
 * What is wrong with a value of `serve` though its kind is right: found when the file is read, where its place is known.
 *
 * @module
 */

import { FILE_OPTIONS } from "../options/serve_options.ts";
import type { Problem } from "./problem.ts";
import { inFile } from "./settings.ts";
import type { Setting } from "./toml.ts";

/**
 * Looks at the values of settings.
 *
 * @param settings the settings of a table
 * @param problems gets what is wrong
 */
export function checkValues(settings: readonly Setting[], problems: Problem[]): void {
  for (const { key, values } of settings) {
    const option = FILE_OPTIONS.find(({ name }) => name === key);
    if (!option?.check) continue;
    for (const { place, kind, text } of values) {
      // Another kind of value is told of elsewhere.
      if (text === "" || (kind !== "string" && kind !== "number")) continue;
      try {
        option.check(text);
      } catch (error) {
        problems.push({ place, reason: inFile(error as Error) });
      }
    }
  }
}
