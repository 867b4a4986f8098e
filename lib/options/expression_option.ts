/**
 * Parses regular expressions in options.
 *
 * @module
 */

import { compileExpression, type Expression } from "../expressions/expression.ts";
import { ExpressionError } from "../expressions/expression_error.ts";
import type { Fail } from "./quantities.ts";

/**
 * Parses an expression for testing: `/text/flags`, without the flag g.
 *
 * @param text the expression
 * @param fail called for anything else
 */
export function parseExpression(text: string, fail: Fail): Expression {
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? [];
  if (source === undefined || flags === undefined) {
    return fail("want a regular expression between slashes, such as /text/i");
  }
  if (source === "") return fail("an empty expression matches everything; want one such as /text/i");
  const expression = readExpression(source, flags, fail);
  refuseGlobal(expression, fail);
  return expression;
}

/**
 * Compiles an expression of an option.
 *
 * @param source the text between its slashes
 * @param flags its flags
 * @param fail called if it cannot be compiled
 */
export function readExpression(source: string, flags: string, fail: Fail): Expression {
  try {
    return compileExpression(source, flags);
  } catch (error) {
    if (error instanceof ExpressionError) return fail(error.reason);
    throw error;
  }
}

/**
 * Refuses the flag g of an expression that is only tested for a match.
 *
 * @param expression the expression
 * @param fail called if it has the flag
 */
export function refuseGlobal({ global }: Expression, fail: Fail): void {
  if (global) fail("leave out the flag g: it matters only whether it matches, not how often");
}

/**
 * Refuses an expression for addresses that requires an angle bracket at either end: addresses have none here, so it
 * would match nothing.
 *
 * @param expression the expression
 * @param fail called if it requires one
 */
export function refuseBrackets({ source }: Expression, fail: Fail): void {
  // Not for `^<?`, in which the bracket is optional.
  if (!/^\^<(?![?*{])[^|]*$|^[^|]*>\$$/.test(source)) return;
  const better = source === "^<>$" ? "; the null sender is empty: /^$/" : "";
  fail(`addresses have no < and > here${better}`);
}
