/**
 * Converts tables that `header_checks(5)` describes into rules.
 *
 * @module
 */

import type { Conversion } from "../conversion/write_conversion.ts";
import { basename } from "node:path";
import type { FieldKind } from "../../../../filters/rules/fields/field_lines.ts";
import type { Fail } from "../../../../lib/options/quantities.ts";
import { outputText, type RuleTable } from "../conversion/output.ts";
import { placeText, Report, type SourceLine } from "../conversion/report.ts";
import { actionsOf } from "./actions.ts";
import { type LineTest, translated } from "./expression.ts";
import { hasAlternatives } from "./lookahead.ts";
import type { TablePattern } from "./pattern.ts";
import { type CheckTable, readTable, type TableEntry } from "./table.ts";
import { UnseenFields } from "./unseen_fields.ts";

/** The most characters of a file's name in that of a rule, which has at most 60. */
const LONGEST_FILE_NAME = 40;

/** What a line asks of a field. */
interface EntryTests {
  /** For the line itself. */
  readonly own: readonly LineTest[];
  /** For the conditions around it. */
  readonly around: readonly LineTest[];
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
export function convertHeaderChecks(
  tables: readonly CheckTable[],
  fields: readonly FieldKind[],
): Conversion {
  const report = new Report();
  const rules = rulesOf(tables.flatMap((table) => readTable(table, report)), report);
  const source = tables.map(({ type, file }) => `${type}:${file}`).join(" ");
  const first = { file: tables[0]!.file, line: 1 };
  if (rules.length === 0 && report.problems.length === 0) {
    report.problem(first, "there is nothing to convert");
  }
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
  const names = new Set<string>();
  for (const entry of entries) {
    const { place, result } = entry;
    const tests = testsOf(entry, report);
    if (tests === undefined) continue;
    const groups = Math.max(0, ...result.filter((piece) => typeof piece === "number"));
    if (groups > tests.own[0]!.groups) {
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
        { key: "name", value: nameOf(place, names) },
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

/** A name of a rule that no other has: two tables may have files of one name. */
function nameOf({ file, line }: SourceLine, names: Set<string>): string {
  const name = `${basename(file).slice(-LONGEST_FILE_NAME)}:${line}`;
  let unlike = name;
  for (let number = 2; names.has(unlike); number++) unlike = `${name} (${number})`;
  names.add(unlike);
  return unlike;
}

/** What a line asks of a field: its own expressions first, whose groups count; then those around it that they do not imply. */
function fieldOf({ own, around }: EntryTests): string {
  const more = around.filter((test) => !own.some((each) => implies(each, test)));
  return [...own, ...more].map(({ text }) => text).join(" ");
}

/** Whether an expression begins with what another one asks for: `^Subject: x` and `^Subject:`. */
function implies(own: LineTest, other: LineTest): boolean {
  if (own.negated || other.negated || !/^\^[\w-]+:$/.test(other.source)) return false;
  const rest = own.source.slice(other.source.length);
  return own.source.startsWith(other.source) && !/^[*?{]/.test(rest) && !hasAlternatives(own.source) &&
    (other.ignoresCase || !own.ignoresCase);
}

/** What the expressions of a line become; undefined if one cannot be translated. */
function testsOf({ around, patterns }: TableEntry, report: Report): EntryTests | undefined {
  const [own, outer] = [patterns, around].map((all) => {
    const tests = all.map((pattern) => translatedOrReported(pattern, report));
    return tests.every((each) => each !== undefined) ? tests.flat() : undefined;
  });
  return own && outer && { own, around: outer };
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
