/** What expressions find, and that no text takes them more than linear time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileExpression } from "../../lib/expressions/expression.ts";

/** From the examples of ECMA-262 22.2.2 and its test suite, test262. */
const KNOWN:
  readonly (readonly [source: string, flags: string, text: string, found: (string | undefined)[] | null])[] =
    [
      ["a|ab", "", "abc", ["a"]],
      ["((a)|(ab))((c)|(bc))", "", "abc", ["abc", "a", "a", undefined, "bc", undefined, "bc"]],
      ["a[a-z]{2,4}", "", "abcdefghi", ["abcde"]],
      ["a[a-z]{2,4}?", "", "abcdefghi", ["abc"]],
      ["(aa|aabaac|ba|b|c)*", "", "aabaac", ["aaba", "ba"]],
      ["(z)((a+)?(b+)?(c))*", "", "zaacbbbcac", ["zaacbbbcac", "z", "ac", "a", undefined, "c"]],
      ["(a*)*", "", "b", ["", undefined]],
      ["(a*)?", "", "b", ["", undefined]],
      ["(?:(a)|b)*", "", "ab", ["ab", undefined]],
      ["(?:a*?)*?b", "", "aab", ["aab"]],
      ["^.*$", "m", "a\r\nb", ["a"]],
      ["^b$", "m", "a\u2028b\u2029c", ["b"]],
      ["a.b", "", "a\nb", null],
      ["a.b", "s", "a\nb", ["a\nb"]],
      ["^.$", "", "\u{1f600}", null],
      ["^.$", "u", "\u{1f600}", ["\u{1f600}"]],
      ["\u212a", "i", "k", null],
      ["\u212a", "iu", "k", ["k"]],
      ["\\bk\\b", "iu", "\u212a", ["\u212a"]],
      ["\\w", "i", "\u017f", null],
      ["\\w", "iu", "\u017f", ["\u017f"]],
      ["[^x]", "iu", "X", null],
      ["\u0391", "i", "\u03b1", ["\u03b1"]],
      ["\ud83d", "u", "\u{1f600}", null],
      ["\\ud83d\\ude00", "u", "\u{1f600}", ["\u{1f600}"]],
    ];

describe("an expression finds", () => {
  for (const [source, flags, text, found] of KNOWN) {
    it(`/${source}/${flags} in ${JSON.stringify(text)}`, () => {
      const expression = compileExpression(source, flags);
      const match = expression.exec(text);
      assert.deepEqual(match && [...match], found);
      assert.equal(expression.test(text), found !== null);
    });
  }

  it("groups by name, with their positions", () => {
    const match = compileExpression("(?<user>\\w+)@(?<host>\\w+)(?<port>:\\d+)?").exec("to joe@mail.");
    assert.equal(match?.index, 3);
    assert.deepEqual({ ...match?.groups }, { user: "joe", host: "mail", port: undefined });
    assert.deepEqual(match?.indices, [[3, 11], [3, 6], [7, 11], undefined]);
  });

  it("the same each time, with the flag g too", () => {
    const expression = compileExpression("a", "g");
    for (let i = 0; i < 3; i++) {
      assert.deepEqual([expression.test("a"), expression.exec("a")?.index], [true, 0]);
    }
    assert.deepEqual([expression.global, expression.source, expression.flags], [true, "a", "g"]);
    assert.equal(String(compileExpression("a/b", "mi")), "/a/b/im");
  });

  it("all matches, and empty ones once at each place", () => {
    const all = (source: string, text: string, flags = "") =>
      compileExpression(source, flags).matchAll(text).map((match) => [match.index, match[0]]);
    assert.deepEqual(all("a|b", "abca"), [[0, "a"], [1, "b"], [3, "a"]]);
    assert.deepEqual(all("a*", "baa"), [[0, ""], [1, "aa"], [3, ""]]);
    assert.deepEqual(all("", "\u{1f600}", "u"), [[0, ""], [2, ""]]);
    assert.deepEqual(all("^a", "aaa"), [[0, "a"]]);
    assert.deepEqual(all("\\ba", "aa a"), [[0, "a"], [3, "a"]]);
  });
});

/** Each would take the runtime's own engine longer than a test may run, or find nothing because it gives up. */
describe("no text takes an expression more than linear time", { timeout: 60_000 }, () => {
  const long = "a".repeat(10_000);
  for (
    const [source, text, found] of [
      ["^(a+)+$", `${"a".repeat(45)}!`, false],
      ["^(a+)+$", `${long}!`, false],
      ["(a+)+$|!$", `${long}!`, true],
      ["^(a|aa)+$", `${long}!`, false],
      ["^(a|a)*$", `${long}!`, false],
      ["^([a-z]+)*[a-z]*\\d$", long, false],
      ["(.*)(.*)(.*)(.*)(.*)[^a]", long, false],
      ["(a?){100}a{100}$", `${long}!`, false],
      ["(?:(?:a*)*)*b", long, false],
      ["\\s+$", `${" ".repeat(60_000)}!`, false],
      ["a[^b]{0,200}b", `${long}${long}`, false],
    ] as const
  ) {
    it(`/${source}/ on ${text.length} characters`, () => {
      const expression = compileExpression(source);
      assert.equal(expression.test(text), found);
      assert.equal(expression.exec(text) !== null, found);
    });
  }

  it("all matches together, where each looks at the whole text", () => {
    const text = "a".repeat(60_000);
    assert.equal(compileExpression("a.*b|a").matchAll(text).length, 60_000);
    assert.equal(compileExpression("a(?:.*[bc])?", "u").matchAll(text).length, 60_000);
    assert.equal(
      compileExpression("\u{1f600}(?:.*b)?", "u").matchAll("x" + "\u{1f600}".repeat(30_000)).length,
      30_000,
    );
  });
});
