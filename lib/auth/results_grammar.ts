/**
 * The words of Authentication-Results fields (RFC 8601 section 2.2), for those who write them and those who read them.
 *
 * Where RFC 6532 allows UTF-8 in mail, characters beyond ASCII are allowed here too.
 *
 * @module
 */

/** Whether a text is a word of letters, digits and hyphens, as methods, results, ptypes and properties are. */
export function isKeyword(text: string): boolean {
  // RFC 5321 section 4.1.2 allows hyphens in front too, but no registered word begins with one.
  return /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/.test(text);
}

/** Whether a character may be in a token (RFC 2045 section 5.1). */
export function isTokenCode(code: number): boolean {
  return code > 0x20 && code !== 0x7f && !'()<>@,;:\\"/[]?='.includes(String.fromCharCode(code));
}

/** Whether a text is a token, or a domain name with letters beyond ASCII. */
export function isTokenOrDomain(text: string): boolean {
  return /^[!#$%&'*+.^_`{|}~A-Za-z0-9-]+$/.test(text) || isDomain(text);
}

/** Whether a text is a local part that needs no quotes: a dot-atom (RFC 5322 section 3.2.3). */
export function isDotAtom(text: string): boolean {
  return DOT_ATOM.test(text);
}

/** Whether a text is a domain name of at least two labels without underscores (RFC 6376 section 3.5, `domain-name`). */
export function isDomain(text: string): boolean {
  return DOMAIN.test(text);
}

// Blanks beyond ASCII are white space for some readers, so they are not in names here, whatever RFC 6532 says.
const ATOM = /(?:[\w!#$%&'*+/=?^`{|}~\-]|(?![\0-\x7f])[\p{L}\p{M}\p{N}\p{P}\p{S}])+/u.source;
const LABEL = /(?!-)[A-Za-z0-9\p{L}\p{M}\p{N}\-]+(?<!-)/u.source;
const DOT_ATOM = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, "u");
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})+$`, "u");
