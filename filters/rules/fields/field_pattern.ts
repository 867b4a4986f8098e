/**
 * Parses the condition of a rule on a header field: `/expression/flags !/expression/flags …`, all of which must hold.
 *
 * @module
 */

import type { Expression, ExpressionMatch } from "../../../lib/expressions/expression.ts";
import { readExpression, refuseGlobal } from "../../../lib/options/expression_option.ts";
import type { Fail } from "../../../lib/options/quantities.ts";
import { groupNames } from "../../header_edits/expression.ts";

interface Test {
  readonly expression: Expression;
  readonly negated: boolean;
}

const USAGE =
  'want an expression, or several with ! for what must not match, such as "/^Subject:/i !/\\[list\\]/i"';
const TEST = /\s*(!?)\/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+)\/([a-z]*)(?=\s|$)/sy;

/** The condition of a rule on a field. */
export class FieldPattern {
  readonly #tests: readonly Test[];

  /**
   * @param text how it is written
   * @param fail called if it is invalid
   */
  constructor(text: string, fail: Fail) {
    const tests: Test[] = [];
    let end = 0;
    while (end < text.trimEnd().length) {
      TEST.lastIndex = end;
      const [all = "", not, source = "", flags = ""] = TEST.exec(text) ?? fail(USAGE);
      end += all.length;
      const expression = readExpression(source, flags, fail);
      refuseGlobal(expression, fail);
      tests.push({ expression, negated: not === "!" });
    }
    if (tests.length === 0) fail(USAGE);
    this.#tests = tests;
  }

  /** The expression whose groups actions can name: the first one, unless it must not match. */
  get expression(): Expression | undefined {
    const [first] = this.#tests;
    return first?.negated ? undefined : first?.expression;
  }

  /** The names by which texts can refer to its groups. */
  get groupNames(): ReadonlySet<string> {
    return this.expression ? groupNames(this.expression) : new Set();
  }

  /** The name of the only field that can match, if the first expression begins with it. */
  get fieldName(): string | undefined {
    const { source = "" } = this.expression ?? {};
    return /\|/.test(source) ? undefined : /^\^([\w-]+):/.exec(source)?.[1];
  }

  /** Whether a line matches. */
  matches(line: string): boolean {
    return this.#tests.every(({ expression, negated }) => expression.test(line) !== negated);
  }

  /** What the expression with groups matches in a line. */
  groupsIn(line: string): ExpressionMatch | undefined {
    return this.expression?.exec(line) ?? undefined;
  }
}
