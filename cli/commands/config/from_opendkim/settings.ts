/**
 * Reads an `opendkim.conf` into settings, each with its place, by the rules of OpenDKIM's own parser (`config.c`).
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { nearest } from "../../../../lib/options/nearest.ts";
import { systemErrorText } from "../../../../lib/system_errors.ts";
import { findKeyword, type Keyword, keywordNames } from "./keywords.ts";
import type { Report, SourceLine } from "../conversion/report.ts";

/** A line that sets something. */
export interface OpendkimSetting {
  /** What it sets. */
  readonly keyword: Keyword;
  /** Its value, without white space around it. */
  readonly value: string;
  /** Where it is. */
  readonly place: SourceLine;
}

/** The deepest that files may include each other. */
const MAX_DEPTH = 5;

/** The settings of a file and of those that it includes. Where a keyword occurs again, the last one counts. */
export class OpendkimSettings {
  readonly #last = new Map<string, OpendkimSetting>();
  /** Where to look for files that relative paths name. */
  readonly folder: string;
  /** The path of the file itself, as it was given. */
  readonly file: string;

  /**
   * @param file the path of `opendkim.conf`
   * @param report receives what is wrong
   */
  constructor(file: string, report: Report) {
    this.file = file;
    for (const setting of readSettings(file, report, [])) {
      const earlier = this.#last.get(setting.keyword.name);
      if (earlier) {
        const { place: { file, line } } = setting;
        const where = file === earlier.place.file ? `line ${line}` : `${file}:${line}`;
        report.note(
          earlier.place,
          `${setting.keyword.name} is set again in ${where}, and OpenDKIM takes the last one`,
        );
      }
      this.#last.set(setting.keyword.name, setting);
    }
    this.folder = resolve(dirname(file), this.get("BaseDirectory")?.value ?? ".");
  }

  /** The settings that count, in the order of the file. */
  get all(): readonly OpendkimSetting[] {
    return [...this.#last.values()];
  }

  /** A setting; undefined if it is not set. */
  get(name: string): OpendkimSetting | undefined {
    return this.#last.get(name);
  }

  /** Whether a boolean is set and true. */
  isOn(name: string): boolean {
    return /^[ty1]/i.test(this.get(name)?.value ?? "");
  }

  /** The number of an integer; undefined if it is not set. */
  number(name: string): number | undefined {
    const setting = this.get(name);
    return setting && integerOf(setting.value);
  }

  /** The absolute path of a file that a setting or a table names. */
  pathOf(path: string): string {
    return resolve(this.folder, path);
  }
}

function readSettings(file: string, report: Report, above: readonly SourceLine[]): OpendkimSetting[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    report.problem(above.at(-1) ?? { file, line: 1 }, `cannot read ${file}: ${systemErrorText(error)}`);
    return [];
  }
  return text.split("\n").flatMap((line, i) => settingsOf(line, { file, line: i + 1 }, report, above));
}

function settingsOf(
  line: string,
  place: SourceLine,
  report: Report,
  above: readonly SourceLine[],
): OpendkimSetting[] {
  const bare = line.replace(/[#\r].*$/s, "").replace(/^[ \t]+|[ \t]+$/g, "");
  if (bare === "") return [];
  const [, name = "", value = ""] = /^([^ \t]+)[ \t]*(.*)$/s.exec(bare) ?? [];
  if (name.toLowerCase() === "include") return includedSettings(value, place, report, above);
  const keyword = findKeyword(name);
  const problem = keyword === undefined
    ? `OpenDKIM has no setting ${name}; did you mean ${nearest(name, keywordNames)}?`
    : valueProblem(keyword, value);
  if (keyword !== undefined && problem === undefined) return [{ keyword, value, place }];
  report.problem(place, problem!);
  return [];
}

function includedSettings(
  value: string,
  place: SourceLine,
  report: Report,
  above: readonly SourceLine[],
): OpendkimSetting[] {
  if (value === "") report.problem(place, "Include has no value");
  else if (above.length === MAX_DEPTH) {
    report.problem(place, `files include each other more than ${MAX_DEPTH} deep`);
  } else {return readSettings(isAbsolute(value) ? value : join(dirname(place.file), value), report, [
      ...above,
      place,
    ]);}
  return [];
}

function valueProblem({ name, type }: Keyword, value: string): string | undefined {
  if (value === "") return `${name} has no value`;
  if (type === "boolean" && !/^[tyfn01]/i.test(value)) return `${name} expects yes or no, not ${value}`;
  if (type === "integer" && integerOf(value) === undefined) {
    return `${name} expects a number, not ${value}`;
  }
  return undefined;
}

/** As `strtol` with base 0 has it: octal with a leading zero, hexadecimal with `0x`. */
function integerOf(value: string): number | undefined {
  const [, sign = "", digits = ""] = /^([+-]?)(0[0-7]*|0x[0-9a-f]+|[1-9][0-9]*)$/i.exec(value) ?? [];
  if (digits === "") return undefined;
  const base = /^0x/i.test(digits) ? 16 : digits.startsWith("0") ? 8 : 10;
  return parseInt(digits, base) * (sign === "-" ? -1 : 1);
}
