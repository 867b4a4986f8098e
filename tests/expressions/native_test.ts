/** Expressions find what those of the runtime find. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileExpression, type ExpressionMatch } from "../../lib/expressions/expression.ts";
import { Random, testSeed } from "../support/random.ts";
import { randomExpression, randomText } from "./random_expressions.ts";

const EXPRESSIONS = 6000;
const TEXTS = 12;

describe("expressions find what the runtime's own find", () => {
  it("for random expressions and texts", () => {
    const random = new Random(testSeed("expressions"));
    for (let i = 0; i < EXPRESSIONS; i++) {
      const { source, flags } = randomExpression(random);
      compare(source, flags, Array.from({ length: TEXTS }, () => randomText(random)));
    }
  });
});

function compare(source: string, flags: string, texts: readonly string[]): void {
  const ours = compileExpression(source, flags);
  const first = new RegExp(source, `${flags}d`);
  const all = new RegExp(source, `${flags}dg`);
  for (const text of texts) {
    const where = () => `/${source}/${flags} on ${JSON.stringify(text)}`;
    const wanted = first.exec(text);
    assert.equal(ours.test(text), wanted !== null, where());
    assert.deepEqual(plain(ours.exec(text)), plain(wanted), where());
    assert.deepEqual(ours.matchAll(text).map(plain), [...text.matchAll(all)].map(plain), where());
  }
}

/** What a match says, whoever found it. */
function plain(match: ExpressionMatch | RegExpExecArray | null): unknown {
  if (match === null) return null;
  return {
    texts: [...match],
    index: match.index,
    indices: [...match.indices!].map((range) => range && [...range]),
  };
}
