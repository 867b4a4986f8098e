/**
 * Converts tables that `header_checks(5)` describes into rules.
 *
 * @module
 */

import { basename } from "node:path";
import type { Fail } from "../../../../lib/options/quantities.ts";
import { outputText, type RuleTable } from "../conversion/output.ts";
import { placeText, type Remark, Report } from "../conversion/report.ts";
import { actionsOf } from "./actions.ts";
import { type LineTest, translated } from "./expression.ts";
import { hasAlternatives } from "./lookahead.ts";
import type { FieldKind } from "./parameters.ts";
import type { TablePattern } from "./pattern.ts";
import { readTable, type Table, type TableEntry } from "./table.ts";
import { UnseenFields } from "./unseen_fields.ts";

/** What came of it. */
export interface Conversion {
  /** The configuration; undefined if there are problems. */
  readonly text: string | undefined;
  /** What decides about mail and cannot be converted. */
  readonly problems: readonly Remark[];
  /** What the reader of the configuration must know. */
  readonly notes: readonly Remark[];
}

/** An expression that cannot be translated. */
class Untranslatable extends Error {
  override readonly name = "Untranslatable";
  readonly code = "untranslatable-expression";
  readonly value: string;

  constructor(value: string, reason: string) {
    super(reason);
    this.value = value;
  }
}

/**
 * Converts tables, which are asked one after the other as those of one parameter.
 *
 * @param tables the tables in order
 * @param fields what Postfix looks at with them
 */
export function convertHeaderChecks(tables: readonly Table[], fields: readonly FieldKind[]): Conversion {
  const report = new Report();
  const rules = rulesOf(tables.flatMap((table) => readTable(table, report)), report);
  const source = tables.map(({ type, file }) => `${type}:${file}`).join(" ");
  const first = { file: tables[0]!.file, line: 1 };
  if (rules.length === 0) report.problem(first, "there is nothing to convert");
  const { problems, notes } = report;
  const text = outputText({
    command: "from-header-checks",
    source,
    notes,
    service: [],
    filters: [{
      name: "rules",
      entries: [
        { key: "match", value: "field" },
        { key: "fields", value: fields.map((text) => ({ text })) },
      ],
      rules,
    }],
  });
  return { text: problems.length > 0 ? undefined : text, problems, notes };
}

function rulesOf(entries: readonly TableEntry[], report: Report): readonly RuleTable[] {
  const rules: RuleTable[] = [];
  /** The lines by their conditions: a second one with the same is never reached. */
  const earlier = new Map<string, TableEntry>();
  const unseen = new UnseenFields(report);
  for (const entry of entries) {
    const { place, result } = entry;
    const tests = testsOf(entry, report);
    if (tests === undefined) continue;
    const own = tests.at(-1)!;
    const groups = Math.max(0, ...result.filter((piece) => typeof piece === "number"));
    if (groups > own[0]!.groups) {
      report.note(
        place,
        `Postfix ignores this line: its expression has no group for $${groups}. It is left out here`,
      );
      continue;
    }
    const field = fieldOf(tests);
    const known = earlier.get(field);
    if (known !== undefined) {
      report.note(
        place,
        `${
          placeText(known.place)
        } has the same expression, so this line is never reached. It is left out here`,
      );
      continue;
    }
    earlier.set(field, entry);
    unseen.note(entry);
    rules.push({
      place,
      entries: [
        { key: "name", value: `${basename(place.file)}:${place.line}` },
        { key: "field", value: field },
        ...actionsOf(result, {
          note: (text) => report.note(place, text),
          problem: (text) => report.problem(place, text),
        }),
      ],
    });
  }
  return rules;
}

/** The expression of the line first, since its groups count; then the conditions around it that it does not imply. */
function fieldOf(tests: readonly (readonly LineTest[])[]): string {
  const own = tests.at(-1)!;
  const around = tests.slice(0, -1).flat().filter((test) => !own.some((each) => implies(each, test)));
  return [...own, ...around].map(({ text }) => text).join(" ");
}

/** Whether an expression begins with what another one asks for: `^Subject: x` and `^Subject:`. */
function implies(own: LineTest, other: LineTest): boolean {
  const [, name = ""] = /^\/(\^[\w-]+:)\/i?$/.exec(other.text) ?? [];
  return name !== "" && own.text.startsWith(`/${name}`) && !/^[*?{]/.test(own.text.slice(name.length + 1)) &&
    !hasAlternatives(own.text) && own.text.endsWith("i") === other.text.endsWith("i");
}

/** What each expression of a line becomes; undefined if one cannot be translated. */
function testsOf({ patterns }: TableEntry, report: Report): readonly (readonly LineTest[])[] | undefined {
  const tests = patterns.map((pattern) => translatedOrReported(pattern, report));
  return tests.every((each) => each !== undefined) ? tests : undefined;
}

function translatedOrReported(pattern: TablePattern, report: Report): readonly LineTest[] | undefined {
  const fail: Fail = (reason) => {
    throw new Untranslatable(pattern.source, reason);
  };
  try {
    return translated(pattern, fail);
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    report.problem(pattern.place, `the expression cannot be translated: ${error.message}`);
    return undefined;
  }
}
