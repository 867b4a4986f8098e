/** Random expressions and texts that expressions are likely to match. */
import type { Random } from "../support/random.ts";

const CHARS = [
  "a",
  "a",
  "b",
  "B",
  "_",
  " ",
  "\\n",
  "\u00e9",
  "\u017f",
  "k",
  "\u03c3",
  "\ud83d\ude00",
  "\\x61",
  "-",
  "1",
];
const SETS = [
  ".",
  "\\w",
  "\\W",
  "\\d",
  "\\s",
  "\\S",
  "[ab]",
  "[^a]",
  "[a-c_]",
  "[^\\w]",
  "[\\s\\S]",
  "[]",
  "[^]",
  "[\u00e0-\u00ff]",
  "[A-Z]",
];
const UNICODE_SETS = ["\\p{L}", "\\P{Lu}", "[\\p{Ll}1]", "\\u{1f600}", "[\ud83d\ude00-\ud83d\ude02]"];
const POSITIONS = ["^", "$", "\\b", "\\B"];
const QUANTIFIERS = ["*", "+", "?", "{2}", "{0,1}", "{1,2}", "{0,3}", "{2,}", "{0}"];
const TEXTS = [
  "a",
  "a",
  "a",
  "b",
  "B",
  "A",
  "_",
  " ",
  "\n",
  "\u2028",
  "\u00e9",
  "\u00c9",
  "s",
  "S",
  "\u017f",
  "k",
  "\u212a",
  "\u03c3",
  "\u03c2",
  "\ud83d\ude00",
  "\ud83d",
  "\ude00",
  "-",
  "1",
];
const FLAGS = ["i", "m", "s", "u"];

/** A random expression with its flags, without lookaround and backreferences. */
export function randomExpression(random: Random): { source: string; flags: string } {
  const flags = FLAGS.filter(() => random.below(3) === 0).join("");
  return { source: choice(random, flags.includes("u"), 3), flags };
}

/** A random text of up to 12 characters: with more, the runtime's own engine could take its time. */
export function randomText(random: Random): string {
  return Array.from({ length: random.below(13) }, () => random.pick(TEXTS)).join("");
}

function choice(random: Random, unicode: boolean, depth: number): string {
  const count = random.below(4) === 0 ? 2 + random.below(2) : 1;
  return Array.from({ length: count }, () => sequence(random, unicode, depth)).join("|");
}

let names = 0;

function groupStart(random: Random): string {
  return random.pick(["(", "(", "(?:", `(?<n${names++}>`]);
}

function sequence(random: Random, unicode: boolean, depth: number): string {
  return Array.from({ length: random.below(4) }, () => term(random, unicode, depth)).join("");
}

function term(random: Random, unicode: boolean, depth: number): string {
  const kind = random.below(10);
  if (kind === 0) return random.pick(POSITIONS);
  const atom = kind < 5 || depth === 0
    ? random.pick(CHARS)
    : kind < 7
    ? random.pick(unicode && random.below(2) === 0 ? UNICODE_SETS : SETS)
    : `${groupStart(random)}${choice(random, unicode, depth - 1)})`;
  if (random.below(3) > 0 || !unicode && atom.length === 2 && !atom.startsWith("\\")) return atom;
  return atom + random.pick(QUANTIFIERS) + (random.below(3) === 0 ? "?" : "");
}
