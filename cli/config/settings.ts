/**
 * Turns the settings of a TOML table into options, as if a command line had given them.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "node:path";
import { nearest } from "../../lib/options/nearest.ts";
import type { Lists } from "../../lib/options/lists/lists.ts";
import { OptionError, type OptionSpec, OptionValues, parseOption } from "../../lib/options/options.ts";
import { lowerFirst, type Problem } from "./problem.ts";
import type { Setting, Value } from "./toml.ts";

/** Names and values of options, in order. */
export type SetOptions = readonly (readonly [name: string, text: string])[];

/**
 * Reads settings as options. Collects problems and continues with the rest.
 *
 * @param settings the settings, in order
 * @param specs the known options
 * @param problems receives the problems
 * @param alsoKnown other keys that are allowed here, to suggest one for an unknown key
 * @param lists the lists that they can name
 */
export function givenOptions(
  settings: readonly Setting[],
  specs: readonly OptionSpec[],
  problems: Problem[],
  alsoKnown: readonly string[] = [],
  lists?: Lists,
): SetOptions {
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
    return values.flatMap((value) => given(spec, value, lists, (reason) => wrong(value.place, reason)));
  });
}

function given(
  spec: OptionSpec,
  { kind, text }: Value,
  lists: Lists | undefined,
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
    parseOption(spec, text, lists);
    return [[spec.name, text]];
  } catch (error) {
    if (error instanceof OptionError) return wrong(inFileTerms(error));
    throw error;
  }
}

function isNumeric({ kind }: OptionSpec): boolean {
  return kind === "integer" || kind === "size" || kind === "duration";
}

/**
 * Builds option values, and adds a problem if some of them are inconsistent.
 *
 * @param lists the lists that they can name
 * @returns undefined if there was a problem
 */
export function optionValuesOf(
  given: SetOptions,
  specs: readonly OptionSpec[],
  place: Problem["place"],
  problems: Problem[],
  lists?: Lists,
): OptionValues | undefined {
  try {
    return new OptionValues(specs, given, lists);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    problems.push({ place, reason: inFileTerms(error) });
    return undefined;
  }
}

/** Rewords an error of the command line for a configuration file: without the program's name and dashes. */
export function inFileTerms({ message }: Error): string {
  const text = message.replace(/^milterkit serve: /, "").replace(/--([a-z][\w-]*)/g, "$1");
  return lowerFirst(text);
}

/** Resolves the paths of files relative to the configuration file that names them. */
export function withFilesBeside(settings: readonly Setting[], specs: readonly OptionSpec[]): Setting[] {
  return settings.map((setting) => {
    const spec = specs.find(({ name }) => name === setting.key);
    const colons = spec?.kind === "file" ? 0 : spec?.colonsBeforeFile;
    if (colons === undefined) return setting;
    const values = setting.values.map((value) => {
      const parts = value.text.split(":");
      const path = parts.slice(colons).join(":");
      if (path === "" || isAbsolute(path)) return value;
      const beside = join(dirname(value.place.file), path);
      return { ...value, text: [...parts.slice(0, colons), beside].join(":") };
    });
    return { ...setting, values };
  });
}
