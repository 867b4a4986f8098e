/**
 * Patterns of file names and media types, as shells have them.
 *
 * @module
 */

/** The maximum number of alternatives that the braces of a pattern may make. */
const MOST_ALTERNATIVES = 1000;

/** A pattern for whole texts, in which letters match whatever their case. */
export interface Pattern {
  /** As it was given. */
  readonly text: string;
  /** Whether a text fits. */
  matches(text: string): boolean;
}

/**
 * Reads a pattern: `*` stands for any characters, `?` for one, `{a,b}` for `a` or `b`; every other character for itself.
 *
 * @param text the pattern
 * @param fail called with what is wrong with it
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readPattern } from "./patterns.ts";
 *
 * const programs = readPattern("*.{exe,scr}", (reason) => {
 *   throw new Error(reason);
 * });
 * assert.ok(programs.matches("Invoice.EXE"));
 * assert.ok(!programs.matches("exe.pdf"));
 * ```
 */
export function readPattern(text: string, fail: (reason: string) => never): Pattern {
  const alternatives = alternativesOf(text, fail).map((alternative) => [...folded(alternative)]);
  return {
    text,
    matches(name) {
      const characters = [...folded(name)];
      return alternatives.some((alternative) => fits(alternative, characters));
    },
  };
}

/** Text in which two spellings of a letter are one. */
function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** What the braces of a pattern stand for. */
function alternativesOf(text: string, fail: (reason: string) => never): string[] {
  let all = [""];
  for (const [piece] of text.matchAll(/\{[^{}]*\}|[{}]|[^{}]+/g)) {
    if (piece === "{" || piece === "}") {
      return fail("it has an unmatched brace, or braces inside braces");
    }
    const choices = piece.startsWith("{") ? piece.slice(1, -1).split(",") : [piece];
    if (choices.length * all.length > MOST_ALTERNATIVES) {
      return fail(`its braces stand for more than ${MOST_ALTERNATIVES} patterns`);
    }
    all = all.flatMap((begun) => choices.map((choice) => begun + choice.trim()));
  }
  return all;
}

/** Time grows with the product of both lengths at most: only the last `*` is tried again. */
function fits(pattern: readonly string[], text: readonly string[]): boolean {
  let [at, textAt] = [0, 0];
  let star: { readonly behind: number; taken: number } | undefined;
  while (textAt < text.length) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = { behind: ++at, taken: textAt };
    } else if (wanted === "?" || wanted === text[textAt]) {
      at++;
      textAt++;
    } else if (star) {
      at = star.behind;
      textAt = ++star.taken;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
