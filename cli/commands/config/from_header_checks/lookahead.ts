/**
 * Takes lookaheads out of expressions of PCRE where they stand right behind a fixed start: `^Subject: (?!x)y` matches what
 * `^Subject: y` matches and `^Subject: x` does not.
 *
 * @module
 */

/** An expression, and whether a text must match it or must not. */
export interface ExpressionPart {
  /** The text between the slashes. */
  readonly source: string;
  /** Whether it must not match. */
  readonly negated: boolean;
}

/** A start of which each piece matches one character, so that it can end in one place only. */
const FIXED_START = /^\^(?:[^\\[(|)*+?{.$^]|\\[^A-Za-z0-9]|\\[dDsSwWtnrhH]|\.|\[\^?\]?(?:\\.|[^\]\\])*\])*/s;
const LOOKAHEAD = /^\(\?([=!])/;

/**
 * Divides an expression into expressions that must all be met.
 *
 * @param source the text between the slashes
 * @returns the expression alone if it has no lookahead that can be taken out
 */
export function withoutLookaheads(source: string): readonly ExpressionPart[] {
  const [start] = FIXED_START.exec(source) ?? [];
  if (start === undefined || !LOOKAHEAD.test(source.slice(start.length)) || hasAlternatives(source)) {
    return [{ source, negated: false }];
  }
  const rest = source.slice(start.length);
  const end = groupEnd(rest);
  if (end === undefined) return [{ source, negated: false }];
  const inside = rest.slice("(?!".length, end - 1);
  const looked = { source: `${start}(?:${inside})`, negated: rest[2] === "!" };
  const others = withoutLookaheads(start + rest.slice(end));
  // The begin of a text is always there.
  return [...others.filter((part) => part.source !== "^"), looked];
}

/** Where the group ends with which a text begins; undefined if it does not. */
function groupEnd(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of tokens(text)) {
    if (token === "(") depth++;
    if (token === ")" && --depth === 0) return index + 1;
  }
  return undefined;
}

/** Whether a `|` stands outside of all groups. */
export function hasAlternatives(source: string): boolean {
  let depth = 0;
  for (const { 0: token } of tokens(source)) {
    if (token === "(") depth++;
    if (token === ")") depth--;
    if (token === "|" && depth === 0) return true;
  }
  return false;
}

/** Escapes, sets in brackets, and other characters one by one. */
function tokens(text: string): Iterable<RegExpExecArray> {
  return text.matchAll(/\\[^]|\[\^?\]?(?:\\[^]|[^\]\\])*\]|[^]/g);
}
