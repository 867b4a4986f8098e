/**
 * A configuration file and all that it includes, as one table.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { systemErrorText } from "../../lib/system_errors.ts";
import { ConfigError, type ConfigPlace, type Problem } from "./problem.ts";
import type { ConfigSnapshot } from "./snapshot.ts";
import { readToml, type Setting, type Table } from "./toml.ts";

/** The key that names further files. */
export const INCLUDE = "include";

/** A configuration as it is written. */
export interface ConfigText {
  /** Settings and tables of all files: an included file stands where its name does. */
  readonly table: Table;
  /** The texts of all files that it was read from, in order. */
  readonly texts: ConfigSnapshot;
}

/**
 * Reads a file, and those that it includes.
 *
 * @param file its path
 * @param problems gets what is wrong in the files that can be read
 * @param snapshot the texts that the files had, to be read in their place
 * @throws {ConfigError} where the file itself cannot be read, or is no TOML
 */
export function readConfigFile(file: string, problems: Problem[], snapshot?: ConfigSnapshot): ConfigText {
  const texts: Record<string, string> = {};
  return { table: readInto(file, [], { texts, problems, snapshot }), texts };
}

interface Reading {
  readonly texts: Record<string, string>;
  readonly problems: Problem[];
  readonly snapshot: ConfigSnapshot | undefined;
}

function readInto(file: string, above: readonly string[], reading: Reading): Table {
  const { texts, problems, snapshot } = reading;
  const text = texts[file] = snapshot?.[file] ?? textOf(file);
  const table = readToml(file, text, problems);
  const settings: Setting[] = [];
  for (const setting of table.settings) {
    if (setting.key !== INCLUDE) {
      settings.push(setting);
      continue;
    }
    for (const { place, kind, text } of setting.values) {
      if (kind !== "string") {
        problems.push({ place, reason: 'include names files, such as "conf.d/*.toml"' });
        continue;
      }
      for (const included of matching(file, text, place, reading)) {
        if ([...above, file].includes(included)) {
          problems.push({ place, reason: `${included} includes itself` });
          continue;
        }
        try {
          merge(table, settings, readInto(included, [...above, file], reading));
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          problems.push(...error.value);
        }
      }
    }
  }
  return { ...table, settings };
}

function merge(into: Table, settings: Setting[], included: Table): void {
  settings.push(...included.settings);
  for (const [name, tables] of included.tables) {
    into.tables.set(name, [...into.tables.get(name) ?? [], ...tables]);
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = `cannot be read: ${systemErrorText(error)}`;
    throw new ConfigError([{ place: { file, line: 1, column: 1 }, reason }]);
  }
}

/** The files of a name, in the order of the alphabet; in the last part of it * stands for anything. */
function matching(
  from: string,
  pattern: string,
  place: ConfigPlace,
  { problems, snapshot }: Reading,
): string[] {
  const path = isAbsolute(pattern) ? pattern : join(dirname(from), pattern);
  const name = basename(path);
  if (!name.includes("*")) return [path];
  const folder = dirname(path);
  const wanted = new RegExp(`^${name.split("*").map(escaped).join(".*")}$`);
  if (snapshot) {
    return Object.keys(snapshot).filter((path) => dirname(path) === folder && wanted.test(basename(path)));
  }
  try {
    return readdirSync(folder).filter((entry) => wanted.test(entry) && !entry.startsWith(".")).sort()
      .map((entry) => join(folder, entry));
  } catch (error) {
    // No folder of further files is as good as an empty one.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      problems.push({
        place,
        reason: `cannot read ${folder}: ${systemErrorText(error, { ENOTDIR: "it is no folder" })}`,
      });
    }
    return [];
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
