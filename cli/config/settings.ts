/**
 * From the settings of a table to options, as a command line would give them.
 *
 * @module
 */

import { nearest } from "../../lib/options/nearest.ts";
import { OptionError, type OptionSpec, OptionValues, parseOption } from "../../lib/options/options.ts";
import type { Problem } from "./problem.ts";
import type { Setting, Value } from "./toml.ts";

/** Name and text of an option, in order. */
export type GivenOptions = readonly (readonly [name: string, text: string])[];

/**
 * Reads settings as options. What is wrong is put down, and the rest goes on.
 *
 * @param settings the settings, in order
 * @param specs the options that there are
 * @param problems gets what is wrong
 * @param alsoKnown other keys that may stand here, for the nearest right one of a wrong key
 */
export function givenBy(
  settings: readonly Setting[],
  specs: readonly OptionSpec[],
  problems: Problem[],
  alsoKnown: readonly string[] = [],
): GivenOptions {
  return settings.flatMap(({ key, place, list, values }) => {
    const spec = specs.find(({ name }) => name === key);
    const wrong = (at: Problem["place"], reason: string): [] => {
      problems.push({ place: at, reason });
      return [];
    };
    if (!spec) {
      const known = [...specs.map(({ name }) => name), ...alsoKnown];
      return wrong(place, `there is no "${key}"; did you mean "${nearest(key, known)}"?`);
    }
    if (list && !spec.repeatable) return wrong(place, `${key} takes one value, not a list`);
    return values.flatMap((value) => given(spec, value, (reason) => wrong(value.place, reason)));
  });
}

function given(
  spec: OptionSpec,
  { kind, text }: Value,
  wrong: (reason: string) => [],
): [string, string][] {
  if (spec.kind === "flag") {
    if (kind !== "boolean") return wrong(`${spec.name} is true or false`);
    return text === "true" ? [[spec.name, ""]] : [];
  }
  if (kind !== "string" && kind !== "number") {
    return wrong(`${spec.name} takes text${isNumeric(spec) ? " or a number" : ""}`);
  }
  try {
    parseOption(spec, text);
    return [[spec.name, text]];
  } catch (error) {
    if (error instanceof OptionError) return wrong(inFile(error));
    throw error;
  }
}

function isNumeric({ kind }: OptionSpec): boolean {
  return kind === "integer" || kind === "size" || kind === "duration";
}

/**
 * Options of what was given, where all of it fits.
 *
 * @returns undefined where something does not go together; then that is among the problems
 */
export function optionValuesOf(
  given: GivenOptions,
  specs: readonly OptionSpec[],
  place: Problem["place"],
  problems: Problem[],
): OptionValues | undefined {
  try {
    return new OptionValues(specs, given);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    problems.push({ place, reason: inFile(error) });
    return undefined;
  }
}

/** A command line's error in the words of a file, where there are no dashes. */
export function inFile({ message }: Error): string {
  const text = message.replace(/^milterkit serve: /, "").replace(/--([a-z][\w-]*)/g, "$1");
  return beginningSmall(text);
}

/** A sentence as it goes on behind a colon. */
export function beginningSmall(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
