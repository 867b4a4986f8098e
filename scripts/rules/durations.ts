/**
 * Checks that no test asserts a duration: another process may take the processor at any time. Tests of time-outs set a
 * manual clock instead.
 *
 * @module
 */

import type { SourceFile } from "./source.ts";

/** How long something took, by a clock that runs. */
const DURATION = String
  .raw`(?:\b(?:performance|Date)\.now\(\)|\bprocess\.(?:hrtime|cpuUsage)\b[\w.]*\([^()]*\))`;
const DIFFERENCE = new RegExp(String.raw`${DURATION}\s*-|\bprocess\.cpuUsage\(\w`);
const NAMED = new RegExp(
  String.raw`\b(?:const|let)\s+(\w+)\s*=\s*(?:Math\.\w+\()?(?:${DIFFERENCE.source})`,
  "g",
);
const ASSERT = /\bassert(?:\.\w+)?\(/g;

/** Every assertion on a duration in the tests, a line each. */
export function durationProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, code }) => {
    const named = [...code.matchAll(NAMED)].map(([, name]) => name);
    const byName = named.length > 0 ? new RegExp(`\\b(?:${named.join("|")})\\b`) : undefined;
    return [...code.matchAll(ASSERT)].flatMap(({ index }) => {
      const asserted = upToItsEnd(code, index);
      if (!DIFFERENCE.test(asserted) && !byName?.test(asserted)) return [];
      const line = code.slice(0, index).split("\n").length;
      return [
        `${path}:${line}: asserts how long something took; use a clock that the test sets (ManualClock)`,
      ];
    });
  });
}

/** A call, to the parenthesis that ends it or the end of its line's statement: those in text are counted too. */
function upToItsEnd(code: string, begin: number): string {
  let depth = 0;
  for (let at = code.indexOf("(", begin); at < code.length; at++) {
    if (code[at] === "(") depth++;
    else if (code[at] === ")" && --depth === 0 || code.startsWith(";\n", at)) return code.slice(begin, at);
  }
  return code.slice(begin);
}
