/**
 * Reads data sets of `opendkim.conf`: lists and the tables that they name, by the rules of OpenDKIM (`opendkim-db.c`).
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { nearest } from "../../../../lib/options/nearest.ts";
import { systemErrorText } from "../../../../lib/system_errors.ts";
import type { Report, SourceLine } from "../conversion/report.ts";
import type { OpendkimSetting, OpendkimSettings } from "./settings.ts";

/** An entry of a data set. */
export interface SetEntry {
  /** What is looked up. */
  readonly key: string;
  /** What is found; undefined if the set only says what belongs to it. */
  readonly value?: string | undefined;
  /** Where it is. */
  readonly place: SourceLine;
}

/** A data set that was read. */
export interface DataSet {
  /** `literal`: a key is looked up as it is. `patterns`: a key may contain `*`, and the first one that matches counts. */
  readonly kind: "literal" | "patterns";
  /** The entries, in order. */
  readonly entries: readonly SetEntry[];
  /** The setting that names it. */
  readonly place: SourceLine;
}

/** What to do instead of each kind of data set that is not supported. */
const NOT_TAKEN: Readonly<Record<string, string>> = {
  db: "Berkeley DB is not supported: name the text file that the database was made from",
  dsn: "SQL is not supported: export the table to a text file, and name that",
  ldap: "LDAP is not supported: export the entries to a text file, and name that",
  ldapi: "LDAP is not supported: export the entries to a text file, and name that",
  ldaps: "LDAP is not supported: export the entries to a text file, and name that",
  lua: "Lua is not supported: write the table as a text file, and name that",
  memcache: "memcached is not supported: write the table as a text file, and name that",
  erlang: "Erlang is not supported: write the table as a text file, and name that",
  socket: "lookups at a socket are not supported: write the table as a text file, and name that",
  repute: "lookups at a server are not supported: write the table as a text file, and name that",
  mdb: "memory databases are not supported: write the table as a text file, and name that",
};

const KINDS = ["csl", "file", "refile"];

/**
 * Reads the data set of a setting.
 *
 * @param settings the settings
 * @param name the setting
 * @param report receives what is wrong
 * @returns undefined if it is not set, or cannot be read
 */
export function dataSetOf(settings: OpendkimSettings, name: string, report: Report): DataSet | undefined {
  const setting = settings.get(name);
  return setting && readDataSet(setting, settings, report);
}

function readDataSet(
  { value, place }: OpendkimSetting,
  settings: OpendkimSettings,
  report: Report,
): DataSet | undefined {
  const { kind, rest } = kindOf(value);
  switch (kind) {
    case "csl":
      return { kind: "literal", entries: listEntries(rest, place), place };
    case "file":
    case "refile": {
      const lines = linesOf(rest, settings, place, report);
      if (lines === undefined) return undefined;
      return kind === "file"
        ? { kind: "literal", entries: lines.flatMap((line) => literalEntry(line)), place }
        : { kind: "patterns", entries: lines.flatMap((line) => patternEntry(line, report)), place };
    }
    default:
      report.problem(place, NOT_TAKEN[kind] ?? unknownKind(kind, value));
      return undefined;
  }
}

/** The kind of a data set, and what follows its name. */
function kindOf(value: string): { kind: string; rest: string } {
  const colon = value.indexOf(":");
  const comma = value.indexOf(",");
  if (colon >= 0 && (comma < 0 || comma > colon)) {
    return { kind: value.slice(0, colon).toLowerCase(), rest: value.slice(colon + 1) };
  }
  if (value.endsWith(".db")) return { kind: "db", rest: value };
  return { kind: value.startsWith("/") ? "file" : "csl", rest: value };
}

function unknownKind(kind: string, value: string): string {
  // OpenDKIM takes what is before the first colon for a kind, also in an IPv6 address.
  if (/^[0-9a-f]*:[0-9a-f:]*[,/]?/i.test(value)) {
    return `OpenDKIM does not take a list that begins so; write csl:${value}`;
  }
  return `there is no kind ${kind} of data sets; did you mean ${nearest(kind, KINDS)}:?`;
}

function listEntries(list: string, place: SourceLine): SetEntry[] {
  return list.split(",").filter((part) => part !== "").map((part) => {
    const [key = "", ...value] = part.split("=");
    return { key: key.trim(), value: value.length > 0 ? value.join("=").trim() : undefined, place };
  });
}

interface Line {
  readonly text: string;
  readonly place: SourceLine;
}

/** The lines of a table, without comments. */
function linesOf(
  path: string,
  settings: OpendkimSettings,
  place: SourceLine,
  report: Report,
): Line[] | undefined {
  // Relative to the working directory, which is a setting of its own; messages name it as the setting does.
  const shown = isAbsolute(path) || settings.get("BaseDirectory") ? path : join(dirname(settings.file), path);
  let text: string;
  try {
    text = readFileSync(settings.pathOf(path), "utf8");
  } catch (error) {
    report.problem(place, `cannot read ${settings.pathOf(path)}: ${systemErrorText(error)}`);
    return undefined;
  }
  return text.split("\n").map((line, i) => ({
    text: line.replace(/#.*$/s, ""),
    place: { file: shown, line: i + 1 },
  }));
}

/** `KEY` or `KEY VALUE`; white space around them does not matter. */
function literalEntry({ text, place }: Line): SetEntry[] {
  const [, key, value] = /^(\S+)(?:\s+(.*))?$/s.exec(text.trim()) ?? [];
  return key === undefined ? [] : [{ key, value, place }];
}

/** `PATTERN` or `PATTERN VALUE`, at the very beginning of the line. */
function patternEntry({ text, place }: Line, report: Report): SetEntry[] {
  if (text.trim() === "") return [];
  if (/^\s/.test(text)) {
    report.note(
      place,
      "OpenDKIM ignores a line of patterns that begins with white space, and it is left out here",
    );
    return [];
  }
  const [, key = "", value = ""] = /^(\S+)\s*(.*)$/s.exec(text.trimEnd()) ?? [];
  return [{ key, value: value === "" ? undefined : value, place }];
}
