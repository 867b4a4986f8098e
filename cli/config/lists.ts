/**
 * Reads the tables `[lists]` of a configuration file.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "node:path";
import { ListError } from "../../lib/options/lists/list_error.ts";
import type { ListDefinition, Lists } from "../../lib/options/lists/lists.ts";
import { nearest } from "../../lib/options/nearest.ts";
import { loggedLists } from "./made_lists.ts";
import { type ConfigPlace, nameTwice, type Problem } from "./problem.ts";
import type { Setting, Table } from "./toml.ts";

/** The name of the tables. */
export const LISTS_TABLE = "lists";

/** A list as it is written. */
interface WrittenList {
  readonly definition: ListDefinition;
  readonly place: ConfigPlace;
  /** The place of each entry, or of the name of the file. */
  readonly places: ReadonlyMap<string, ConfigPlace>;
}

/**
 * Reads lists.
 *
 * @param tables the tables `[lists]` of all files
 * @param problems receives the problems
 * @returns the lists; one with a problem has no entries
 */
export function readLists(tables: readonly Table[], problems: Problem[]): Lists {
  const written = new Map<string, WrittenList>();
  for (const table of tables) {
    const found = [
      ...table.settings.map((setting) => ofSetting(setting, problems)),
      ...[...table.tables].map(([name, [one]]) => one && ofTable(name, one, one.place, problems)),
    ];
    for (const list of found) {
      if (list === undefined) continue;
      const { name } = list.definition;
      const before = written.get(name);
      if (before === undefined) written.set(name, list);
      else problems.push(nameTwice("list", name, list.place, before.place));
    }
  }
  return madeOf(written, problems);
}

/** Makes the lists; each that cannot be made is reported, and left empty. */
function madeOf(written: ReadonlyMap<string, WrittenList>, problems: Problem[]): Lists {
  const definitions = new Map([...written].map(([name, { definition }]) => [name, definition]));
  for (;;) {
    try {
      return loggedLists([...definitions.values()]);
    } catch (error) {
      if (!(error instanceof ListError)) throw error;
      const { list } = error.value;
      problems.push(problemOf(error, written.get(list)!));
      definitions.delete(list);
      if (/^[a-z][a-z0-9_-]*$/.test(list)) definitions.set(list, { name: list, entries: [] });
    }
  }
}

function problemOf({ value, reason }: ListError, { place, places }: WrittenList): Problem {
  const { list, file, line, text } = value;
  const quoted = text === undefined ? "" : `${JSON.stringify(text)}: `;
  if (file !== undefined && line !== undefined) {
    return { place: { file, line, column: 1 }, reason: `list ${list}: ${quoted}${reason}` };
  }
  if (file !== undefined) {
    return { place: [...places.values()][0] ?? place, reason: `list ${list}: ${file}: ${reason}` };
  }
  return { place: places.get(text ?? "") ?? place, reason: `list ${list}: ${quoted}${reason}` };
}

function ofSetting(setting: Setting, problems: Problem[]): WrittenList | undefined {
  const { key, place, list, values } = setting;
  const [first] = values;
  if (!list && first?.table) return ofTable(key, first.table, place, problems);
  const wrong = values.find(({ kind }) => kind !== "string");
  if (wrong) {
    const reason =
      `an entry of a list is text, such as "10.0.0.0/8"; a file is ${key} = { file = "${key}.txt" }`;
    problems.push({ place: wrong.place, reason });
    return undefined;
  }
  if (values.length === 0) {
    problems.push({ place, reason: `the list ${key} is empty; give it an entry, such as "10.0.0.0/8"` });
    return undefined;
  }
  const entries = values.map(({ text }) => text);
  return {
    definition: { name: key, entries },
    place,
    places: new Map(values.map(({ text, place }) => [text, place])),
  };
}

function ofTable(
  name: string,
  table: Table,
  place: ConfigPlace,
  problems: Problem[],
): WrittenList | undefined {
  const known = ["file"];
  const stray = table.settings.find(({ key }) => !known.includes(key));
  if (stray) {
    const reason = `there is no "${stray.key}" in a list; did you mean "${nearest(stray.key, known)}"?`;
    problems.push({ place: stray.place, reason });
    return undefined;
  }
  const [file] = table.settings;
  const [value] = file?.values ?? [];
  if (file === undefined || file.list || value?.kind !== "string" || value.text === "") {
    problems.push({
      place: file?.place ?? place,
      reason: `want the file of the list ${name}, such as file = "${name}.txt"`,
    });
    return undefined;
  }
  const path = besideConfig(value.text, value.place.file);
  return {
    definition: { name, file: path },
    place,
    places: new Map([[path, value.place], [value.text, value.place]]),
  };
}

/** Resolves the path of a list relative to the configuration file that names it. */
function besideConfig(text: string, config: string): string {
  const [, type = "", path = text] = /^([a-z][a-z0-9]+:)?(.*)$/s.exec(text) ?? [];
  return path === "" || isAbsolute(path) ? text : `${type}${join(dirname(config), path)}`;
}
