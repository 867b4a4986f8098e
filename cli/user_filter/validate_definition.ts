/**
 * Checks what only the command line asks of a filter from a user's file: names of options that it does not use itself, and
 * limits of `serve` that exist.
 *
 * @module
 */

import { SERVE_OPTIONS } from "../options/serve_options.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import { InvalidFilterError, validateFilter } from "../../lib/filter/validate.ts";
import { nearest } from "../../lib/options/nearest.ts";

/** Names of options that the command line itself uses. */
const TAKEN = ["filter", "help"];

/**
 * Checks that a definition can be used.
 *
 * @param given the default export of a file
 * @throws {InvalidFilterError} if it cannot; for a misspelt word, the message suggests the right one
 */
export function validateDefinition(given: object): asserts given is FilterDefinition {
  validateFilter(given, 1, true);
  const { name, options } = given as FilterDefinition;
  const fail = (value: unknown, reason: string): never => {
    throw new InvalidFilterError(`"${name}"`, value, reason);
  };
  for (const option of optionSpecs(options)) {
    if (TAKEN.includes(option.name)) {
      fail(option.name, `option "${option.name}": that name is taken; choose another`);
    }
    const { within, kind } = option;
    if (within === undefined) continue;
    const bounds = SERVE_OPTIONS.filter((bound) => bound.kind === kind).map((bound) => bound.name);
    if (bounds.includes(within)) continue;
    const meant = nearest(within, bounds);
    fail(
      within,
      `option "${option.name}": within names no option of serve of kind ${kind}: "${within}"; did you mean "${meant}"?`,
    );
  }
}
