/**
 * Reads a configuration file and everything that it includes into one table.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { systemErrorText } from "../../lib/system_errors.ts";
import { ConfigError, type ConfigPlace, type Problem } from "./problem.ts";
import type { ConfigSnapshot } from "./snapshot.ts";
import { readToml, type Setting, type Table } from "./toml.ts";

/** The key that includes further files. */
export const INCLUDE = "include";

/** A configuration as written, before its settings are interpreted. */
export interface ConfigText {
  /** Settings and tables of all files, with included files in place of their names. */
  readonly table: Table;
  /** The texts of all files that it was read from, in order. */
  readonly texts: ConfigSnapshot;
}

/**
 * Reads a file, and those that it includes.
 *
 * @param file its path
 * @param problems receives mistakes in included files, and in what was read
 * @param snapshot earlier texts of the files, to use instead of reading them
 * @throws {ConfigError} if the file itself cannot be read, or is not TOML
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

/** Returns the files that match a pattern, in alphabetical order; a * in its last part stands for any text. */
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
    // A missing folder counts as an empty one.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      problems.push({
        place,
        reason: `cannot read ${folder}: ${systemErrorText(error, { ENOTDIR: "it is not a folder" })}`,
      });
    }
    return [];
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
