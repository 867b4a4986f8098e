/**
 * Reads Postfix tables of the type `regexp:`, `regexp_table(5)`: expressions with a value, `!` before an expression to
 * negate it, and lines between `if` and `endif`. In a list the value does not matter, as in Postfix's own lists.
 *
 * @module
 */

import { Expression } from "../../expressions/expression.ts";
import { ExpressionError } from "../../expressions/expression_error.ts";
import type { Fail } from "../quantities.ts";
import { ContentBuilder, type ListExpression, type ListLine } from "./list_content.ts";
import { logicalLines } from "./logical_lines.ts";
import type { FailAt, ListReading } from "./plain_list.ts";
import { ofPosix } from "./posix_expression.ts";

type Test = ListExpression["tests"][number];

/** How many expressions are compiled at a time: a few milliseconds. */
const EXPRESSIONS_AT_A_TIME = 50;

/**
 * Reads a table.
 *
 * @param text the text of the file
 * @param fail called for an invalid line
 */
export function* readRegExpTable(text: string, fail: FailAt): ListReading {
  const content = new ContentBuilder();
  const open: { readonly line: ListLine; readonly test: Test }[] = [];
  let read = 0;
  for (const line of logicalLines(text)) {
    const failHere: Fail = (reason) => fail(line.line, line.text, reason);
    const [, word, rest = ""] = /^(if|endif)(?:\s+|$)(.*)$/i.exec(line.text) ?? [];
    if (word?.toLowerCase() === "endif") {
      if (open.pop() === undefined) failHere("there is no if before this endif");
    } else if (word !== undefined) {
      open.push({ line, test: testOf(rest, failHere).test });
    } else {
      const { test, value } = testOf(line.text, failHere);
      if (value === "") {
        failHere("want /expression/, white space and a value, as regexp: tables of Postfix have them");
      }
      content.expression({ tests: [...open.map(({ test }) => test), test] }, line);
    }
    if (++read % EXPRESSIONS_AT_A_TIME === 0) yield;
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) fail(unclosed.line.line, unclosed.line.text, "there is no endif for it");
  return content.build();
}

/** Reads `/expression/flags`, optionally preceded by `!`, and what follows. */
function testOf(text: string, fail: Fail): { readonly test: Test; readonly value: string } {
  const [, not = "", delimiter = ""] = /^(!?)\s*([^\w\s])/.exec(text) ?? [];
  if (delimiter === "") return fail("want an expression between slashes, such as /@example\\.org$/");
  const begin = text.indexOf(delimiter, not.length) + 1;
  let end = begin;
  while (end < text.length && text[end] !== delimiter) end += text[end] === "\\" ? 2 : 1;
  if (end >= text.length) return fail(`the expression has no ${delimiter} at its end`);
  const source = text.slice(begin, end);
  if (source === "") return fail("an empty expression matches everything");
  const [, flags = "", value = ""] = /^(\S*)\s*(.*)$/.exec(text.slice(end + 1)) ?? [];
  if (/[^imx]/.test(flags)) return fail(`there is no flag ${/[^imx]/.exec(flags)![0]}; there are i, m and x`);
  if (flags.includes("x")) {
    return fail("the flag x asks for basic expressions, which are not supported; leave it out");
  }
  // As in Postfix, the flag i turns case sensitivity on; a dot matches line ends too.
  const chosen = `${flags.includes("i") ? "" : "i"}${flags.includes("m") ? "m" : "s"}`;
  try {
    const expression = new Expression(ofPosix(source, fail), chosen);
    return { test: { expression, negated: not !== "" }, value };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return fail(error.reason);
  }
}
