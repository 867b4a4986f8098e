/**
 * Parses the regular expression in a rule: `[text:]NAME /expression/flags rest`.
 *
 * @module
 */

import type { Expression, ExpressionMatch } from "../../lib/expressions/expression.ts";
import { readExpression } from "../../lib/options/expression_option.ts";
import { checkName, textName } from "./header_name.ts";
import type { Fail } from "../../lib/options/quantities.ts";

/** The parts of a rule's text. */
export interface NamedExpression {
  /** The header name. */
  readonly name: string;
  /** Whether the expression is for the decoded text of the field, and not for its value. */
  readonly isText: boolean;
  /** The expression. */
  readonly expression: Expression;
  /** What follows it, without the space between them. */
  readonly rest: string;
}

/**
 * Parses a rule's text. With `text:` before the name, the expression is for the decoded text of the field. The expression
 * ends at the first slash that is neither escaped nor in brackets.
 *
 * @param usage the expected form, such as `NAME /expression/flags`
 * @throws what `fail` throws
 */
export function parseNamedExpression(text: string, usage: string, fail: Fail): NamedExpression {
  const [, field, source, flags, rest = ""] =
    /^(\S*)\s+\/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])*)\/([a-z]*)(?: (.*))?$/s.exec(text) ?? [];
  if (field === undefined || source === undefined || flags === undefined) return fail(`want ${usage}`);
  const { name, isText } = textName(field);
  checkName(name, fail);
  return { name, isText, expression: readExpression(source, flags, fail), rest };
}

/** The names by which a replacement can refer to the groups of an expression: numbers, `&`, `0`, and their names. */
export function groupNames({ groupNames }: Expression): Set<string> {
  return new Set(["&", ...groupNames.keys().map(String), ...groupNames.filter((name) => name !== undefined)]);
}

/** What a group matched; undefined if it did not take part in the match. */
export function groupOf(match: ExpressionMatch, name: string): string | undefined {
  return name === "&" ? match[0] : match.groups[name] ?? match[Number(name)];
}
