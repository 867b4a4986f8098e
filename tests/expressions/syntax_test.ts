/** What is no expression is refused, with what to write instead. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileExpression } from "../../lib/expressions/expression.ts";
import { ExpressionError, type ExpressionProblem } from "../../lib/expressions/expression_error.ts";

const INVALID: readonly (readonly [source: string, flags: string, reason: string])[] = [
  ["(", "", "there is no ) for this (, at character 1"],
  ["a)", "", "there is no ( for this ), at character 2"],
  ["a[b", "", "there is no ] for this [, at character 2"],
  ["*a", "", "there is nothing before the * to repeat, at character 1"],
  ["a|{2}", "", "there is nothing before the {2} to repeat, at character 3"],
  ["a{,5}", "", "write {0,5} for at most so many, at character 2"],
  ["a{3,2}", "", "{3,2} has its numbers in the wrong order, at character 2"],
  ["a**", "", "there is nothing before the * to repeat, at character 3"],
  ["a++", "", "nothing backtracks here: leave out the second +, at character 3"],
  ["^*", "", "* repeats no character; leave it out, at character 2"],
  ["\\b+", "", "+ repeats no character; leave it out, at character 3"],
  ["(?>a)", "", "nothing backtracks here: write (?: instead of (?>, at character 1"],
  ["(?i)a", "", "write flags after the last slash: /…/i, at character 1"],
  ["x(?s-i:a)", "", "write flags after the last slash: /…/s, at character 2"],
  ["(?P<year>a)", "", "write (?<year>, at character 1"],
  ["(?#note)a", "", "JavaScript has no comments in expressions; leave it out, at character 1"],
  ["(?<1>a)", "", "want a name and >, as in (?<name>, at character 1"],
  ["(?<a>b)(?<a>c)", "", "two groups have the name a, at character 8"],
  ["(*UTF8)a", "", "JavaScript has no verbs (*…), at character 1"],
  ["(?|a|b)", "", "JavaScript has no (?|; write (?: for a group, or (?<name>, at character 1"],
  ["[[:digit:]]", "", "JavaScript has no [:digit:]; write \\d, at character 2"],
  [
    "[^[:alpha:]_]",
    "",
    "JavaScript has no [:alpha:]; write A-Za-z, or \\p{L} with the flag u, at character 3",
  ],
  ["[[.a.]]", "", "JavaScript has no [.a.]; write the characters themselves, at character 2"],
  ["\\Aa", "", "JavaScript has no \\A; write ^ without the flag m, at character 1"],
  ["a\\z", "", "JavaScript has no \\z; write $ without the flag m, at character 2"],
  ["\\q", "", "JavaScript has no \\q; write q for the letter, at character 1"],
  ["\\p{L}", "", "\\p needs the flag u, at character 1"],
  ["\\p", "u", "\\p wants a property in braces, such as \\p{L}, at character 1"],
  ["\\u{61}", "", "\\u{…} needs the flag u, at character 1"],
  ["\\u{110000}", "u", "there is no such character, at character 1"],
  ["\\u12", "", "\\u wants four hexadecimal digits, at character 1"],
  ["\\x1", "", "\\x wants two hexadecimal digits, at character 1"],
  ["\\c1", "", "\\c wants a letter, such as \\cJ, at character 1"],
  ["\\012", "", "write a character's number as \\x00, at character 1"],
  ["[\\1]", "", "a class holds no groups; write a character's number as \\x01, at character 2"],
  ["a\\", "", "a backslash is the last character; write \\\\ for a backslash, at character 2"],
  ["\\@", "u", "with the flag u, write @ without a backslash, at character 1"],
  ["a{", "u", "with the flag u, write \\{, at character 2"],
  ["[😀]", "", "😀 in brackets needs the flag u, at character 1"],
  ["😀+", "", "😀+ needs the flag u, at character 3"],
  ["a", "y", "leave out the flag y; ^ stands for the beginning"],
  ["a", "x", "JavaScript has no flag x; leave out spaces and comments"],
  ["a", "v", "write the flag u instead of v"],
  ["a", "q", "there is no flag q; the flags are g, i, m, s and u"],
  ["a", "ii", "the flag i is given twice"],
];

const BOUND =
  "so that the time that a text takes has a bound; match what is there in a group, or test it with an expression of its own";
const UNSUPPORTED: readonly (readonly [source: string, reason: string])[] = [
  ["a(?=b)", `(?=…) at character 2 looks ahead, which is not supported, ${BOUND}`],
  ["a(?!b)", `(?!…) at character 2 looks ahead, which is not supported, ${BOUND}`],
  ["(?<=a)b", `(?<=…) at character 1 looks behind, which is not supported, ${BOUND}`],
  ["(?<!a)b", `(?<!…) at character 1 looks behind, which is not supported, ${BOUND}`],
  [
    "(a)\\1",
    "\\1 at character 4 refers back to what a group matched, for which no engine can bound the time that a text takes; write out the texts that can repeat",
  ],
  [
    "(?<a>b)\\k<a>",
    "\\k at character 8 refers back to what a group matched, for which no engine can bound the time that a text takes; write out the texts that can repeat",
  ],
  ["(?P=a)", "(?P=…) is not supported"],
];

const LARGE: readonly (readonly [what: string, source: string, reason: string])[] = [
  ["a number above 1000", "a{1001}", "{1001} at character 2 repeats more than 1000 times"],
  ["a range above 1000", "a{2,1001}", "{2,1001} at character 2 repeats more than 1000 times"],
  [
    "repetitions of 1001 characters",
    "(?:a{0,100}){10}b{2}",
    "its repetitions have more than 1000 characters once they are written out; write smaller numbers, or * and + for no limit",
  ],
  [
    "more than 10,000 parts",
    "(a|b)".repeat(2000),
    "it has more than 10000 parts once its repetitions are written out; make it shorter, or divide it",
  ],
  [
    "repetitions of nothing",
    "(?:(?:(?:){1000}){1000}){1000}",
    "it has more than 10000 parts once its repetitions are written out; make it shorter, or divide it",
  ],
  ["groups 201 deep", `${"(".repeat(201)}${")".repeat(201)}`, "groups are nested more than 200 deep"],
  [
    "repetitions 21 deep",
    `${"(?:".repeat(21)}a*${")*".repeat(21)}`,
    "more than 20 possibly empty repetitions are nested, such as (a*)*; write (a)*",
  ],
];

describe("what is no expression is refused", () => {
  for (const [source, flags, reason] of INVALID) {
    it(`/${source}/${flags}: ${reason}`, () => refused(source, flags, "invalid-expression", reason));
  }

  it("what only the runtime knows to be wrong, in its words", () => {
    for (const [source, flags] of [["[b-a]", ""], ["\\p{Foo}", "u"], ["[\\w-z]", "u"]] as const) {
      refused(source, flags, "invalid-expression", /^[a-z].* at character 1$/);
    }
  });
});

describe("what no engine can match in linear time is refused", () => {
  for (const [source, reason] of UNSUPPORTED) {
    it(`/${source}/`, () => refused(source, "", "unsupported-expression", reason));
  }
});

describe("an expression that is too large is refused", () => {
  for (const [what, source, reason] of LARGE) {
    it(`it has ${what}`, () => refused(source, "", "expression-too-large", reason));
  }

  it("up to there it is not", () => {
    assert.equal(compileExpression("(?:a{0,100}){10}").test("b"), true);
    assert.equal(compileExpression(`${"(".repeat(200)}a${")".repeat(200)}`).test("a"), true);
    assert.equal(compileExpression(`${"(?:".repeat(20)}a*${")*".repeat(20)}b$`).test("aab"), true);
    const words = Array.from({ length: 1000 }, (_, i) => `word${i}`).join("|");
    assert.equal(compileExpression(`^(?:${words})$`).test("word999"), true);
  });
});

describe("what JavaScript accepts though other dialects do not", () => {
  for (
    const [source, text] of [
      ["a{", "a{"],
      ["a{x}", "a{x}"],
      ["{}", "{}"],
      ["]", "]"],
      ["[]]", undefined],
      ["[^]", "\n"],
      ["[]", undefined],
      ["\\<a\\>", "<a>"],
      ["\\-\\@\\ ", "-@ "],
      ["[\\b]", "\b"],
      ["\\0", "\0"],
      ["\\cJ", "\n"],
      ["()|(?:)", ""],
    ] as const
  ) {
    it(`/${source}/`, () => assert.equal(compileExpression(source).exec(text ?? "]a b")?.[0], text));
  }
});

function refused(source: string, flags: string, code: ExpressionProblem, reason: string | RegExp): void {
  assert.throws(() => compileExpression(source, flags), (error) => {
    assert.ok(error instanceof ExpressionError, String(error));
    const { code: foundCode, value } = error;
    assert.deepEqual([foundCode, value], [code, `/${source}/${flags}`]);
    assert.equal(error.message, `Invalid expression /${source}/${flags}: ${error.reason}`);
    if (typeof reason === "string") assert.equal(error.reason, reason);
    else assert.match(error.reason, reason);
    return true;
  });
}
