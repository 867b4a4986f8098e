/**
 * Reads Authentication-Results fields (RFC 8601) of other programs and of ours.
 *
 * @module
 */
import type { AuthProperty, AuthResult } from "./authentication_results.ts";
import { decodeUtf8, isAscii, latin1 } from "./bytes.ts";
import { isDomain, isDotAtom, isTokenOrDomain } from "./results_grammar.ts";
import { ResultsScanner } from "./results_scanner.ts";

/** The longest field that is read, in bytes. */
const MAX_BYTES = 65_536;
/** The maximum number of results that a field may have. */
const MAX_RESULTS = 100;
/** The only version of the field and of every registered method (RFC 8601 sections 2.2 and 6.2). */
const KNOWN_VERSION = 1;

/** What an Authentication-Results field says. */
export interface AuthResultsField {
  /** The authserv-id, in its original case: who says it. */
  readonly id: string;
  /** The results, in their order; empty if the field says `none`. */
  readonly results: readonly AuthResult[];
}

/**
 * Reads the value of an Authentication-Results field: the reverse of `formatAuthResults`. Anyone can write such a
 * field, so believe only results under an `id` that you trust, and only where forged fields are removed (RFC 8601
 * section 5).
 *
 * A field must follow the grammar of RFC 8601 section 2.2 from beginning to end, with UTF-8 where RFC 6532 allows it.
 * Then all strict parsers read it the same way. Methods, results, ptypes and properties are in lower case; values and
 * reasons are without quotes, but a local part that needs its quotes keeps them. Of the comments, the first one
 * directly after a result becomes its `comment`. A result with a method version other than 1 is left out. Encoded words
 * are not decoded. Beyond the grammar, `header.b` may have base64 without quotes, as opendkim writes it.
 *
 * @param value everything after the field's colon, without its last line end; lines end with LF or CRLF
 * @returns undefined if the field does not follow the grammar, has more than 65,536 bytes or 100 results, or has a
 * version other than 1. That says nothing about the message, so do not treat it as `none`: fields contain text that the
 * sender chose, and programs that do not quote it make them invalid
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAuthResults } from "../auth.ts";
 *
 * const value = new TextEncoder().encode(' mx.example.net; SPF=fail (no) reason="-all" smtp.mailfrom=example.com');
 * assert.deepEqual(parseAuthResults(value), {
 *   id: "mx.example.net",
 *   results: [{
 *     method: "spf",
 *     result: "fail",
 *     comment: "no",
 *     reason: "-all",
 *     properties: [{ ptype: "smtp", property: "mailfrom", value: "example.com" }],
 *   }],
 * });
 * ```
 */
export function parseAuthResults(value: Uint8Array): AuthResultsField | undefined {
  if (value.length > MAX_BYTES) return undefined;
  const bytes = latin1(value);
  const text = isAscii(bytes) ? bytes : decodeUtf8(bytes);
  if (text === undefined) return undefined;
  const scanner = new ResultsScanner(text);
  const id = readHead(scanner);
  const results = id && readResults(scanner);
  return id && results ? { id, results } : undefined;
}

/** Reads the id and the version of the field, up to the first semicolon. */
function readHead(scanner: ResultsScanner): string | undefined {
  if (!scanner.space()) return undefined;
  const id = readValue(scanner);
  const space = scanner.space();
  if (!id || !space) return undefined;
  if (/^[0-9]$/.test(scanner.next) && !(space.any && scanner.version() === KNOWN_VERSION)) return undefined;
  return scanner.space() && id;
}

function readResults(scanner: ResultsScanner): readonly AuthResult[] | undefined {
  const results: AuthResult[] = [];
  let count = 0;
  do {
    if (!scanner.take(";") || ++count > MAX_RESULTS || !scanner.space()) return undefined;
    const method = scanner.keyword();
    if (!method || !scanner.space()) return undefined;
    if (method === "none" && count === 1 && scanner.ended) return [];
    const version = readMethodVersion(scanner);
    const result = version === undefined ? undefined : readResult(scanner, method);
    if (!result) return undefined;
    if (version === KNOWN_VERSION) results.push(result);
  } while (!scanner.ended);
  return results;
}

function readMethodVersion(scanner: ResultsScanner): number | undefined {
  if (!scanner.take("/")) return KNOWN_VERSION;
  if (!scanner.space()) return undefined;
  const version = scanner.version();
  return scanner.space() && version;
}

/** Reads a result from the equals sign after its method to the next semicolon or the end. */
function readResult(scanner: ResultsScanner, method: string): AuthResult | undefined {
  if (!scanner.take("=") || !scanner.space()) return undefined;
  const result = scanner.keyword();
  let space = scanner.space();
  if (!result || !space) return undefined;
  const { comment } = space;
  let reason: string | undefined;
  const properties: AuthProperty[] = [];
  while (!scanner.ended && scanner.next !== ";") {
    // A value may end with white space of its own, so none is needed between `a.b="c"` and the next property.
    if (!space.any && properties.length === 0) return undefined;
    const word = scanner.keyword();
    if (!word || !scanner.space()) return undefined;
    if (scanner.take(".")) {
      const property = readProperty(scanner, word);
      if (!property) return undefined;
      properties.push(property);
    } else if (word === "reason" && reason === undefined && properties.length === 0 && scanner.take("=")) {
      reason = scanner.space() && readValue(scanner);
      if (reason === undefined) return undefined;
    } else return undefined;
    space = scanner.space();
    if (!space) return undefined;
  }
  return {
    method,
    result,
    ...(comment === undefined ? {} : { comment }),
    ...(reason === undefined ? {} : { reason }),
    ...(properties.length === 0 ? {} : { properties }),
  };
}

/** Reads a property after the dot that follows its ptype. */
function readProperty(scanner: ResultsScanner, ptype: string): AuthProperty | undefined {
  if (!scanner.space()) return undefined;
  const property = scanner.keyword();
  if (!property || !scanner.space() || !scanner.take("=") || !scanner.space()) return undefined;
  const value = readPropertyValue(scanner, ptype === "header" && property === "b");
  return value === undefined ? undefined : { ptype, property, value };
}

/** Reads a token or a quoted string. */
function readValue(scanner: ResultsScanner): string | undefined {
  if (scanner.next === '"') return scanner.quoted();
  const text = scanner.run();
  return isTokenOrDomain(text) ? text : undefined;
}

/**
 * Reads a token, a quoted string, or `local-part@domain` with or without its local part.
 *
 * @param isSignature whether it may be base64: opendkim writes the beginning of a signature without the quotes that a slash
 * needs, and with it one of nine of its fields would be lost
 */
function readPropertyValue(scanner: ResultsScanner, isSignature: boolean): string | undefined {
  const quoted = scanner.next === '"';
  const text = quoted ? scanner.quoted() : scanner.run();
  // RFC 5322 section 3.4.1 allows white space between a local part and its `@`.
  if (text === undefined || !scanner.space()) return undefined;
  if (!scanner.take("@")) {
    return quoted || isTokenOrDomain(text) || (isSignature && /^[A-Za-z0-9+/]+=*$/.test(text))
      ? text
      : undefined;
  }
  const domain = scanner.run();
  if (!isDomain(domain)) return undefined;
  if (isDotAtom(text) || (text === "" && !quoted)) return `${text}@${domain}`;
  return quoted ? `"${text.replace(/["\\]/g, "\\$&")}"@${domain}` : undefined;
}
