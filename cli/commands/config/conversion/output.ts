/**
 * Writes what was converted as a configuration file.
 *
 * @module
 */

import { tomlText } from "../../../config/toml_text.ts";
import { escapeControlCharacters } from "../../../terminal/control_characters.ts";
import { placeText, type Remark, type SourceLine } from "./report.ts";

/** A value of a list. */
export interface Item {
  /** Its text. */
  readonly text: string;
  /** Where it comes from. */
  readonly place?: SourceLine | undefined;
}

/** A key with its value. */
export interface OutputEntry {
  /** The key. */
  readonly key: string;
  /** A text, a list, or true for a flag. */
  readonly value: string | true | readonly Item[];
  /** The setting that it comes from. */
  readonly place?: SourceLine | undefined;
}

/** A table of a filter, such as one of its rules. */
export interface RuleTable {
  /** Its keys, in order. */
  readonly entries: readonly OutputEntry[];
  /** Where it comes from. */
  readonly place: SourceLine;
}

/** A filter with its options. */
export interface FilterTable {
  /** Its name. */
  readonly name: string;
  /** Its options, in order. */
  readonly entries: readonly OutputEntry[];
  /** Its rules, in order. */
  readonly rules?: readonly RuleTable[];
}

/** A whole configuration. */
export interface Output {
  /** The name of the command that converts. */
  readonly command: string;
  /** The file that it comes from. */
  readonly source: string;
  /** What its reader must know. */
  readonly notes: readonly Remark[];
  /** Options of `serve`. */
  readonly service: readonly OutputEntry[];
  /** The filters, in order. */
  readonly filters: readonly FilterTable[];
}

const WIDTH = 100;

/** Returns the text of the file. */
export function outputText({ command, source, notes, service, filters }: Output): string {
  const head = [
    `# Converted from ${
      escapeControlCharacters(source)
    } by milterkit config ${command}. Comments name the lines that settings come from.\n`,
    ...(notes.length === 0 ? [] : ["#\n# Notes:\n", ...notes.map(noteText)]),
  ];
  const tables = filters.flatMap(({ name, entries, rules = [] }) => [
    `[[filter]]\nname = ${tomlText(name)}\n${entries.map(entryText).join("")}`,
    ...rules.map(({ entries, place }) =>
      `[[filter.rule]]${sourceText(place)}\n${entries.map(entryText).join("")}`
    ),
  ]);
  return [
    head.join(""),
    ...(service.length === 0 ? [] : [service.map(entryText).join("")]),
    ...tables,
  ].join("\n");
}

function entryText({ key, value, place }: OutputEntry): string {
  const source = sourceText(place);
  if (value === true) return `${key} = true${source}\n`;
  if (typeof value === "string") return `${key} = ${tomlText(value)}${source}\n`;
  const short = `${key} = [${value.map(({ text }) => tomlText(text)).join(", ")}]${source}\n`;
  if (value.every((item) => item.place === undefined) && short.length <= WIDTH) return short;
  const lines = value.map(({ text, place }) => `  ${tomlText(text)},${sourceText(place)}\n`);
  return `${key} = [${source}\n${lines.join("")}]\n`;
}

/** A comment behind a value. */
function sourceText(place: SourceLine | undefined): string {
  return place === undefined ? "" : `  # ${escapeControlCharacters(placeText(place))}`;
}

/** A note as a comment, with the lines after the first indented. */
function noteText({ place, text }: Remark): string {
  const lines: string[] = [];
  let line = "# -";
  for (const word of escapeControlCharacters(`${placeText(place)}: ${text}`).split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "#  ";
    }
    line += ` ${word}`;
  }
  return [...lines, line].join("\n") + "\n";
}
