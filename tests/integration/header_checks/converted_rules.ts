/** A converted table, and which of its rules a field meets. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { convertHeaderChecks } from "../../../cli/commands/config/from_header_checks/convert.ts";
import type { TableType } from "../../../cli/commands/config/from_header_checks/pattern.ts";
import { readTable } from "../../../cli/commands/config/from_header_checks/table.ts";
import { Report } from "../../../cli/commands/config/conversion/report.ts";
import { FieldPattern } from "../../../filters/rules/fields/field_pattern.ts";
import { present } from "../../support/present.ts";

/** The path of one of the tables here. */
export function tableFile(type: TableType): string {
  return fileURLToPath(new URL(`header_checks.${type}`, import.meta.url));
}

/** Finds what a converted table says of a field. */
export class ConvertedRules {
  readonly #rules: readonly { readonly pattern: FieldPattern; result(line: string): string }[];

  constructor(type: TableType) {
    const file = tableFile(type);
    const table = { type, file, text: readFileSync(file, "utf8") };
    const { text, problems } = convertHeaderChecks([table], ["header", "mime", "nested"]);
    assert.deepEqual(problems, []);
    const results = new Map(readTable(table, new Report()).map(({ place, result }) => [place.line, result]));
    this.#rules = [
      ...present(text, "a configuration").matchAll(
        /^\[\[filter\.rule\]\] {2}# .*:(\d+)\nname = .*\nfield = (".*")$/gm,
      ),
    ]
      .map(([, line, field]) => {
        const pattern = new FieldPattern(
          JSON.parse(present(field, "an expression")),
          (reason) => assert.fail(reason),
        );
        const pieces = present(results.get(Number(line)), "a line of the table");
        return {
          pattern,
          result: (text: string) => {
            const groups = pattern.groupsIn(text);
            return pieces.map((piece) => typeof piece === "string" ? piece : groups?.[piece] ?? "").join("");
          },
        };
      });
  }

  /** How many rules there are. */
  get count(): number {
    return this.#rules.length;
  }

  /** What Postfix is to do with a field, by the rule that it meets first. */
  resultFor(line: string): string | undefined {
    return this.#rules.find(({ pattern }) => pattern.matches(line))?.result(line);
  }

  /** The numbers of the rules that none of these lines meets first, from 0. */
  unmet(lines: readonly string[]): readonly number[] {
    const met = new Set(lines.map((line) => this.#rules.findIndex(({ pattern }) => pattern.matches(line))));
    return [...this.#rules.keys()].filter((i) => !met.has(i));
  }
}
