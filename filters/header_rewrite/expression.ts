/**
 * Regular expressions within a rule: `NAME /expression/flags rest`.
 *
 * @module
 */

import { checkName } from "./header_name.ts";
import type { Fail } from "../../lib/options/quantities.ts";

/** A rule's text in its parts. */
export interface NamedExpression {
  /** The header name. */
  readonly name: string;
  /** The expression. */
  readonly expression: RegExp;
  /** What follows it, without the one space between. */
  readonly rest: string;
}

/**
 * Takes a rule's text apart. The expression ends at the first slash that is neither escaped nor in brackets.
 *
 * @param usage what is wanted, such as `NAME /expression/flags`
 * @throws what `fail` throws
 */
export function parseNamedExpression(text: string, usage: string, fail: Fail): NamedExpression {
  const [, name, source, flags, rest = ""] =
    /^(\S*)\s+\/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])*)\/([a-z]*)(?: (.*))?$/s.exec(text) ?? [];
  if (name === undefined || source === undefined || flags === undefined) return fail(`want ${usage}`);
  checkName(name, fail);
  try {
    // What is too large is an error only once it is asked something.
    new RegExp(source, flags).test("");
    return { name, expression: new RegExp(source, flags), rest };
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** The names by which a replacement can mean the groups of an expression: numbers, `&`, `0`, and its own names. */
export function groupNames(expression: RegExp): Set<string> {
  // An alternative that always matches shows all groups there are.
  const match = new RegExp(`${expression.source}|`, expression.flags).exec("")!;
  return new Set(["&", ...match.keys().map(String), ...Object.keys(match.groups ?? {})]);
}

/** What a group took part in a match with; undefined where it did not. */
export function groupOf(match: RegExpExecArray, name: string): string | undefined {
  return name === "&" ? match[0] : match.groups?.[name] ?? match[Number(name)];
}
