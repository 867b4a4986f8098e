/**
 * Splits an address field into tokens.
 *
 * @module
 */

/**
 * A token. The kinds have the names of RFC 5322, except for `text`, which is everything else, and `stray`: an unmatched
 * quotation mark or parenthesis, or a backslash outside of quoted strings and comments.
 */
export interface AddressToken {
  readonly kind: "quoted" | "comment" | "blank" | "special" | "text" | "stray";
  readonly text: string;
}

const SPECIALS = "<>,;:@";
const BLANK = /[ \t\r\n]+/y;
const TEXT = /[^ \t\r\n"()\\<>,;:@]+/y;

/**
 * The tokens of a field; joined, they are the field again. Comments can be nested. Takes linear time: after an unclosed
 * quotation mark, all further quotation marks are strays too, and likewise for parentheses.
 *
 * @param text everything after the colon
 */
export function addressTokens(text: string): AddressToken[] {
  const tokens: AddressToken[] = [];
  let quotes = true;
  let comments = true;
  for (let at = 0; at < text.length;) {
    const char = text.charAt(at);
    const kind = SPECIALS.includes(char) ? "special" : " \t\r\n".includes(char) ? "blank" : "text";
    const whole = kind === "special" ? char : matchAt(kind === "blank" ? BLANK : TEXT, text, at);
    if (whole !== undefined) {
      tokens.push({ kind, text: whole });
      at += whole.length;
      continue;
    }
    let end: number | undefined;
    if (char === '"' && quotes) quotes = (end = quotedEnd(text, at)) !== undefined;
    else if (char === "(" && comments) comments = (end = commentEnd(text, at)) !== undefined;
    tokens.push({
      kind: end === undefined ? "stray" : char === '"' ? "quoted" : "comment",
      text: text.slice(at, end ?? at + 1),
    });
    at = end ?? at + 1;
  }
  return tokens;
}

function matchAt(expression: RegExp, text: string, at: number): string | undefined {
  expression.lastIndex = at;
  return expression.exec(text)?.[0];
}

/** Where the quoted string that begins at `start` ends; undefined if nothing closes it. */
function quotedEnd(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === '"') return at + 1;
  }
  return undefined;
}

/** Where the comment that begins at `start` ends; undefined if nothing closes it. */
function commentEnd(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === "(") depth++;
    else if (char === ")" && --depth === 0) return at + 1;
  }
  return undefined;
}
