/**
 * Translates the expressions of tables into conditions on header fields: `/expression/flags`, with `!` before it for what
 * does not match.
 *
 * @module
 */

import { compileExpression } from "../../../../lib/expressions/expression.ts";
import { ExpressionError } from "../../../../lib/expressions/expression_error.ts";
import { ofPosix } from "../../../../lib/options/lists/posix_expression.ts";
import type { Fail } from "../../../../lib/options/quantities.ts";
import { withoutLookaheads } from "./lookahead.ts";
import type { TablePattern } from "./pattern.ts";
import { ofPcre, type Translation } from "./pcre_expression.ts";

/** A translated expression. */
export interface LineTest {
  /** How it is written in an option: `!/expression/flags`. */
  readonly text: string;
  /** The text between its slashes. */
  readonly source: string;
  /** Whether case does not matter. */
  readonly ignoresCase: boolean;
  /** Whether it must not match. */
  readonly negated: boolean;
  /** How many groups it has. */
  readonly groups: number;
}

/**
 * Translates an expression.
 *
 * @param pattern the expression
 * @param fail called if it cannot be translated
 * @returns what must all be true of a field, the expression whose groups count first
 */
export function translated(pattern: TablePattern, fail: Fail): readonly LineTest[] {
  const parts = pattern.type === "pcre" ? withoutLookaheads(pattern.source) : [{
    source: pattern.source,
    negated: false,
  }];
  if (pattern.negated && parts.length > 1) {
    return fail("it looks ahead and is negated; write two lines, or if and endif");
  }
  return parts.map((part) => {
    const translation = translatedSource(part.source, pattern, fail);
    return testOf(translation, part.negated !== pattern.negated, fail);
  });
}

function translatedSource(source: string, { type, flags }: TablePattern, fail: Fail): Translation {
  if (source === "") return fail("an empty expression matches everything; write /^/");
  if (type === "pcre") return ofPcre(source, flags, fail);
  if (flags.includes("x")) {
    return fail("the flag x asks for basic expressions, which are not supported; write an extended one");
  }
  return { source: ofPosix(source, fail), ignoresCase: !flags.includes("i") };
}

function testOf(translation: Translation, negated: boolean, fail: Fail): LineTest {
  const source = translation.source.replaceAll("\t", "\\t");
  // A dot matches every character in Postfix, and a sender could write one that ends lines for JavaScript only.
  const flags = `${translation.ignoresCase ? "i" : ""}${hasDot(source) ? "s" : ""}`;
  try {
    const { groupNames } = compileExpression(source, flags);
    const text = `${negated ? "!" : ""}/${source}/${flags}`;
    return { text, source, ignoresCase: translation.ignoresCase, negated, groups: groupNames.length - 1 };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return fail(error.reason);
  }
}

function hasDot(source: string): boolean {
  return source.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, "").includes(".");
}
