/**
 * Splits a line of a script into words.
 *
 * @module
 */

/** Most words of a line; the rest is not looked at. */
const MAX_TOKENS = 52;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", 0: "\0" };

/**
 * Splits a line at spaces and tabs. Between quotation marks, which may stand anywhere in a word, these are literal and
 * a backslash escapes.
 */
export function tokenize(line: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (tokens.length < MAX_TOKENS) {
    while (isBlank(line[at])) at++;
    if (at >= line.length) break;
    let token = "";
    while (at < line.length && !isBlank(line[at])) {
      if (line[at] !== '"') {
        token += line[at++];
        continue;
      }
      const quoted = readQuoted(line, at + 1);
      token += quoted.text;
      at = quoted.end;
    }
    tokens.push(token);
  }
  return tokens;
}

/** Reads from behind a quotation mark to behind the one that closes it, or to the end of the line. */
function readQuoted(line: string, start: number): { text: string; end: number } {
  let text = "";
  let at = start;
  for (; at < line.length && line[at] !== '"'; at++) {
    if (line[at] !== "\\" || at + 1 >= line.length) {
      text += line[at];
      continue;
    }
    at++;
    const escape = line.charAt(at);
    if (escape !== "x") {
      text += ESCAPES[escape] ?? escape;
    } else if (at + 2 < line.length) {
      text += String.fromCharCode(
        (hexDigit(line.charAt(at + 1)) * 16 + hexDigit(line.charAt(at + 2))) & 0xff,
      );
      at += 2;
    }
  }
  return { text, end: at + 1 };
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function hexDigit(character: string): number {
  return /^[0-9A-Fa-f]$/.test(character) ? parseInt(character, 16) : -1;
}
