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
  let from = 0;
  // What is quoted comes first: an @ in it belongs to the local part.
  for (let quote = text.indexOf('"@'); quote >= 0; quote = text.indexOf('"@', quote + 1)) {
    const opening = openingQuote(text, quote - 1, from);
    from = quote;
    const domain = lastDomain(text, quote + 1);
    if (opening < 0 || !domain) continue;
    const start = wordStart(text, opening, done);
    result += withoutUnquoted(text.slice(done, start), replacement) + replacement(text.slice(...domain));
    done = from = domain[1];
  }
  return result + withoutUnquoted(text.slice(done), replacement);
}

/**
 * Where the domain of an address begins; undefined where it has none, or something else is behind it.
 *
 * @param address an address without angle brackets
 */
export function domainStart(address: string): number | undefined {
  const at = address.lastIndexOf("@");
  // Behind a backslash, @ is a character of the local part.
  if (at < 0 || address[at - 1] === "\\") return undefined;
  const end = domainEnd(address, at + 1);
  return end === address.length && end > at + 1 ? at + 1 : undefined;
}

/** The same for addresses whose local part is not in quotes. */
function withoutUnquoted(text: string, replacement: (domain: string) => string): string {
  let result = "";
  let done = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const end = domainEnd(text, at + 1);
    // Of several @ the last one stands before the domain.
    if (end === at + 1 || text[end] === "@") continue;
    // A quote that nothing opens.
    const start = wordStart(text, text[at - 1] === '"' && at > done ? at - 1 : at, done);
    if (start === at) continue;
    result += text.slice(done, start) + replacement(text.slice(at + 1, end));
    done = at = end;
  }
  return result + text.slice(done);
}

/** Where the word begins that goes up to `end`. */
function wordStart(text: string, end: number, from: number): number {
  let start = end;
  while (start > from && !AROUND.test(text.charAt(start - 1))) start--;
  return start;
}

/** Where the last domain begins and ends of those that stand behind each other, each with its @, from `at` on. */
function lastDomain(text: string, at: number): [start: number, end: number] | undefined {
  let last: [number, number] | undefined;
  while (text[at] === "@") {
    const end = domainEnd(text, at + 1);
    if (end === at + 1) break;
    last = [at + 1, end];
    at = end;
  }
  return last;
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
    do end++; while (end < text.length && LITERAL.test(text.charAt(end)));
    return text[end] === "]" ? end + 1 : start;
  }
  while (end < text.length && !BEHIND.test(text.charAt(end))) end++;
  return end;
}
