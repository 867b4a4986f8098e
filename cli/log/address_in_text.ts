/**
 * Mail addresses within a text.
 *
 * A regular expression would go back over a long text without any again and again.
 *
 * @module
 */

/** What can stand in no local part outside of quotes, but around an address. */
const AROUND = /[\s<>()[\]:,;"]/;
/** What can stand in no domain. */
const BEHIND = /[\s<>()[\]:,;"'={}@]/;
/** What stands between the brackets of an IP address in place of a domain. */
const LITERAL = /[\w.:-]/;

/**
 * The text with something else in place of each address.
 *
 * Where it cannot be told what belongs to the local part (`from=joe@example.org`, `bounce+joe=example.net@example.org`),
 * all of it does: what is to be left out of a log must not be in it.
 *
 * @param text the text
 * @param replacement gives what to put there; told the domain
 */
export function withoutAddresses(text: string, replacement: (domain: string) => string): string {
  let result = "";
  let done = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const end = domainEnd(text, at + 1);
    // Of several @ the last one stands before the domain.
    if (end === at + 1 || text[end] === "@") continue;
    const start = localStart(text, at, done);
    if (start === at) continue;
    result += text.slice(done, start) + replacement(text.slice(at + 1, end));
    done = at = end;
  }
  return result + text.slice(done);
}

/** Where the local part begins whose `@` stands at `at`. */
function localStart(text: string, at: number, from: number): number {
  let start = at;
  if (text[start - 1] === '"' && start > from) {
    const opening = openingQuote(text, start - 2, from);
    if (opening >= from) return opening;
    start--;
  }
  while (start > from && !AROUND.test(text[start - 1])) start--;
  return start;
}

/** The quote that opens what is closed behind `at`; below `from` where there is none. */
function openingQuote(text: string, at: number, from: number): number {
  for (let quote = at; quote >= from; quote--) {
    if (text[quote] !== '"') continue;
    let escapes = 0;
    while (quote - escapes > from && text[quote - escapes - 1] === "\\") escapes++;
    if (escapes % 2 === 0) return quote;
    quote -= escapes;
  }
  return -1;
}

function domainEnd(text: string, start: number): number {
  let end = start;
  if (text[start] === "[") {
    do end++; while (end < text.length && LITERAL.test(text[end]));
    return text[end] === "]" ? end + 1 : start;
  }
  while (end < text.length && !BEHIND.test(text[end])) end++;
  return end;
}
