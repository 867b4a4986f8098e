import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readPattern } from "../../filters/attachments/patterns.ts";

const pattern = (text: string) =>
  readPattern(text, (reason) => {
    throw new Error(reason);
  });

describe("a pattern", () => {
  const cases: readonly [pattern: string, fits: readonly string[], others: readonly string[]][] = [
    ["*.exe", [".exe", "a.exe", "a.b.EXE"], ["a.exe.txt", "aexe", "exe"]],
    ["a?c", ["abc", "a.c", "a😀c"], ["ac", "abbc"]],
    ["*.{exe,scr,com}", ["a.exe", "a.scr"], ["a.{exe,scr,com}", "a.ex"]],
    ["{a,b}{1,2}*", ["a1", "b2x"], ["ab", "12"]],
    ["a*b*c", ["abc", "aXbYbZc"], ["abcd", "acb"]],
    ["*", ["", "anything"], []],
    ["grüße.*", ["GRÜSSE.TXT".replace("SS", "ß"), "gru\u0308ße.pdf"], ["grusse.txt"]],
    ["a[1].(x)+$^|.b", ["A[1].(x)+$^|.b"], ["a1.x.b"]],
  ];
  for (const [text, fits, others] of cases) {
    it(text, () => {
      for (const name of fits) assert.ok(pattern(text).matches(name), `${name} fits`);
      for (const name of others) assert.ok(!pattern(text).matches(name), `${name} does not fit`);
    });
  }

  it("takes no longer for a name that nearly fits", () => {
    // With a regular expression, this would not end.
    assert.ok(!pattern("*a".repeat(30)).matches("a".repeat(29) + "b".repeat(500)));
    assert.ok(!pattern("*a".repeat(50) + "c").matches("a".repeat(2000)));
  });
});
