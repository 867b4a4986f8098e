/**
 * The essence of a filter's options, for the line in the log that says what a service runs.
 *
 * @module
 */

import { findFilter } from "../../filters/registry.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import type { OptionValues } from "../../lib/options/options.ts";

/** Options that every filter has, and that the line names in words. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(["label", "dry-run"]);
/** The most characters. */
const LONGEST = 80;

/**
 * Returns the options that were given, as `max 25MB, only-client @internal`, cut after 80 characters.
 *
 * @param definition the filter's definition; of a user's filter only the names of options are there, since a value may be secret
 * @param values its options
 */
export function filterGist(definition: FilterDefinition, { given }: OptionValues): string {
  const isOurs = findFilter(definition.name) === definition;
  const options = given.filter(({ name }) => !SAID_ELSEWHERE.has(name));
  const texts = options.map(({ name, text, value }) => isOurs && value !== true ? `${name} ${text}` : name);
  const gist = [...new Set(texts)].join(", ");
  return gist.length > LONGEST ? `${gist.slice(0, LONGEST).trimEnd()}…` : gist;
}
