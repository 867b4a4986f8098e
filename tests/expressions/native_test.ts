/** Expressions find what those of the runtime find. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileExpression, type ExpressionMatch } from "../../lib/expressions/expression.ts";
import { Random, testSeed } from "../support/random.ts";
import process from "node:process";
import { randomExpression, randomText } from "./random_expressions.ts";

const EXPRESSIONS = 2500;
const TEXTS = 10;

describe("expressions find what the runtime's own find", () => {
  it("for random expressions and texts", () => {
    // JavaScriptCore sometimes finds nothing where an empty group is repeated, see below; not with this seed.
    const random = new Random(process.versions.bun ? 1 : testSeed("expressions"));
    for (let i = 0; i < EXPRESSIONS; i++) {
      const { source, flags } = randomExpression(random);
      compare(source, flags, Array.from({ length: TEXTS }, () => randomText(random)));
    }
  });

  it("for texts that need more states than are kept", () => {
    const random = new Random(testSeed("states"));
    for (const source of ["a[ab]{13}c", "^(?:a|b)*a[ab]{13}c", "(a[ab]{11}c|b[ab]{12}cc)$"]) {
      for (const end of ["", "c", "cc", "x"]) {
        const text = Array.from({ length: 4000 }, () => random.pick(["a", "b"])).join("") + end;
        compare(source, "", [text]);
        compare(source, "iu", [text]);
      }
    }
  });

  it("for texts with very many different characters", () => {
    const all = (first: number, step: number) =>
      Array.from({ length: 3000 }, (_, i) => String.fromCodePoint(first + i * step)).join("");
    const texts = [all(0x100, 17), all(0x4e00, 7), all(0x10000, 307), `${all(0x10000, 307)}\u00e9`];
    for (const source of ["\\p{Lu}\\p{Ll}", "[\\p{L}\\p{N}]+$", "\u00e9$", "\\W\\w*$"]) {
      compare(source, "iu", texts);
    }
    // Each of these characters is a set of its own.
    const words = all(0x4e00, 7).replace(/(?<=.)(?=.)/gu, "|");
    compare(`(?:${words})x`, "", [all(0x4e00, 7), `${all(0x4e00, 7)}x`]);
  });
});

it("what is found is right where JavaScriptCore finds nothing", () => {
  const source = "\u00e9|(\u00e9[\u00e0-\u00ff](?:|[\u00e0-\u00ff])|(||[^])+){2,}? |( ?|\\x61{2}a){2}";
  const match = compileExpression(source).exec("\nAk");
  assert.deepEqual([match?.index, ...match ?? []], [0, "", undefined, undefined, ""]);
});

function compare(source: string, flags: string, texts: readonly string[]): void {
  const ours = compileExpression(source, flags);
  const first = new RegExp(source, `${flags}d`);
  const all = new RegExp(source, `${flags}dg`);
  for (const text of texts) {
    const where = () => `/${source}/${flags} on ${JSON.stringify(text)}`.slice(0, 500);
    const wanted = first.exec(text);
    const allWanted = [...text.matchAll(all)];
    // V8 lets a match of nothing begin within a character of two code units, against ECMA-262.
    if (flags.includes("u") && [wanted, ...allWanted].some((match) => match && splits(text, match.index))) {
      continue;
    }
    assert.equal(ours.test(text), wanted !== null, where());
    assert.deepEqual(plain(ours.exec(text)), plain(wanted), where());
    assert.deepEqual(ours.matchAll(text).map(plain), allWanted.map(plain), where());
  }
}

function splits(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1));
}

/** What a match says, whoever found it. */
function plain(match: ExpressionMatch | RegExpExecArray | null): unknown {
  if (match === null) return null;
  const indices = match.indices!.map((range) => range && [...range]);
  return { texts: [...match], index: match.index, indices, groups: { ...match.groups } };
}
