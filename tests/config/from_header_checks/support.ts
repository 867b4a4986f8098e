/** Converts tables of header_checks that a test writes. */
import { convertHeaderChecks } from "../../../cli/commands/config/from_header_checks/convert.ts";
import type { TableType } from "../../../cli/commands/config/from_header_checks/pattern.ts";
import type { Remark } from "../../../cli/commands/config/conversion/report.ts";

/** What came of it. */
export interface Converted {
  /** The configuration; undefined if there are problems. */
  readonly text: string | undefined;
  /** `3 what is wrong`. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  /** The keys of each rule but for its name, such as `field = "/a/i"`, joined by `; `. */
  readonly rules: readonly string[];
}

/** Converts a table. */
export function convert(text: string, type: TableType = "pcre"): Converted {
  const converted = convertHeaderChecks([{ type, file: "/t", text }], ["header", "mime", "nested"]);
  const shown = (remarks: readonly Remark[]) => remarks.map(({ place, text }) => `${place.line} ${text}`);
  return {
    text: converted.text,
    problems: shown(converted.problems),
    notes: shown(converted.notes),
    rules: (converted.text ?? "").split("[[filter.rule]]").slice(1).map((rule) =>
      rule.trim().split("\n").filter((line) => / = /.test(line) && !line.startsWith("name")).join("; ")
    ),
  };
}

/** What an expression becomes, or why it cannot be translated. */
export function field(expression: string, type: TableType = "pcre"): string {
  const { rules, problems, notes } = convert(`${expression} WARN`, type);
  const [, written] = /^field = (".*"); log/.exec(rules[0] ?? "") ?? [];
  return written === undefined
    ? [...problems, ...notes].join("; ").replace("1 the expression cannot be translated: ", "")
    : JSON.parse(written);
}
