/**
 * Finds the author of a message: the address in From, or in another field.
 *
 * @module
 */
import { authorDomains } from "../../lib/auth/author.ts";
import { latin1 } from "../../lib/auth/bytes.ts";
import { type Unsigned, unsigned } from "./reasons.ts";

/** Who wrote a message. */
export interface MessageAuthor {
  /** In lower case ASCII. */
  readonly domain: string;
  /** The first address of the field. */
  readonly address: string;
}

/**
 * Finds the author.
 *
 * A message without exactly one From field has none: a signature must cover From, and mail programs may show either of
 * two.
 *
 * @param fields the fields in which an author may be, as the values after the colon, by name, the one to use first;
 * `From` must be among them
 * @returns the author, or why the author is not certain
 */
export function authorOf(
  fields: ReadonlyMap<string, readonly Uint8Array[]>,
): MessageAuthor | Unsigned {
  const from = fields.get("from") ?? [];
  if (from.length === 0) return unsigned("no-from");
  if (from.length > 1) return unsigned("several-from", `there are ${from.length} From fields`);
  const [name, values] = [...fields].find(([, values]) => values.length > 0) ?? ["from", from];
  const shown = name === "from" ? "From" : name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  if (values.length > 1) return unsigned("several-from", `there are ${values.length} ${shown} fields`);
  const authors = authorDomains(values);
  if ("problem" in authors) {
    return unsigned("unreadable-from", authors.problem.replace("From", shown));
  }
  const [domain, ...more] = authors.domains;
  if (domain === undefined || more.length > 0) {
    return unsigned(
      "several-from",
      `${shown} names several domains: ${authors.domains.slice(0, 5).join(", ")}`,
    );
  }
  return { domain, address: `${localPartOf(latin1(values[0] ?? new Uint8Array()))}@${domain}` };
}

/** In a field that the strict parser accepts, quoted strings with an `@` and comments are not addresses. */
const TOKEN = /\((?:[^()\\]|\\[^])*\)|"(?:[^"\\]|\\[^])*"|[<>,;:@ \t\r\n]|[^"()<>,;:@ \t\r\n]+/g;

/** What is before the first `@` of an address. */
function localPartOf(value: string): string {
  let before = "";
  for (const [token] of value.matchAll(TOKEN)) {
    if (token === "@") return before;
    before = token;
  }
  return before;
}
