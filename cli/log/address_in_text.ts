/**
 * Finds and replaces mail addresses in a text.
 *
 * This is not a regular expression because one would backtrack again and again over a long text without addresses.
 *
 * @module
 */

/** Characters that can surround an address but not occur in an unquoted local part. */
const AROUND = /[\s<>()[\]:,;"]/;
/** Characters that cannot occur in a domain. */
const BEHIND = /[\s<>()[\]:,;"'={}@]/;
/** Characters within the brackets of an address literal, which replaces a domain. */
const LITERAL = /[\w.:-]/;

/**
 * Replaces each address in a text.
 *
 * If it is unclear where the local part begins (`from=joe@example.org`, `bounce+joe=example.net@example.org`), everything
 * counts as part of it: nothing that should be left out of the log may slip through.
 *
 * @param text the text
 * @param replacement returns the replacement for an address with this domain
 */
export function withoutAddresses(text: string, replacement: (domain: string) => string): string {
  let result = "";
  let done = 0;
  let from = 0;
  // Quoted local parts come first: an @ inside quotes does not start a domain.
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
 * Returns the index at which the domain of an address begins; undefined if there is no domain, or if it does not end the
 * address.
 *
 * @param address an address without angle brackets
 */
export function domainStart(address: string): number | undefined {
  const at = address.lastIndexOf("@");
  // After a backslash, @ is a character of the local part.
  if (at < 0 || address[at - 1] === "\\") return undefined;
  const end = domainEnd(address, at + 1);
  return end === address.length && end > at + 1 ? at + 1 : undefined;
}

/** Replaces addresses whose local part is not quoted. */
function withoutUnquoted(text: string, replacement: (domain: string) => string): string {
  let result = "";
  let done = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const end = domainEnd(text, at + 1);
    // Of several @ in a row, the last one precedes the domain.
    if (end === at + 1 || text[end] === "@") continue;
    // Skip a closing quote without an opening one.
    const start = wordStart(text, text[at - 1] === '"' && at > done ? at - 1 : at, done);
    if (start === at) continue;
    result += text.slice(done, start) + replacement(text.slice(at + 1, end));
    done = at = end;
  }
  return result + text.slice(done);
}

/** Returns the start of the word that ends at `end`. */
function wordStart(text: string, end: number, from: number): number {
  let start = end;
  while (start > from && !AROUND.test(text.charAt(start - 1))) start--;
  return start;
}

/** Returns start and end of the last domain in a row such as `@a@b` that begins at `at`. */
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

/** Returns the index of the opening quote at or before `at`; an index below `from` if there is none. */
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
