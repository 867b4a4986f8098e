/**
 * Writes our Authentication-Results header fields (RFC 8601), with the results of any methods.
 *
 * @module
 */
import { MAX_DELIVERED_FIELD } from "../message/fold.ts";
import { isAscii } from "./bytes.ts";
import type { DkimResult } from "./dkim/results.ts";
import { isDomain, isDotAtom, isKeyword } from "./results_grammar.ts";

/** The maximum number of characters that are written of a value, a reason or a comment. */
const MAX_VALUE_LENGTH = 320;
/** A result is folded between its properties after this many characters; between results the field is always folded. */
const MAX_LINE_LENGTH = 76;
/** The text between results. */
const SEPARATOR = ";\n\t";
const FIELD_NAME = "Authentication-Results";

/** The results of the methods that we check (RFC 8601 section 2.7, RFC 9989 section 9.2). */
export const RESULTS_OF_METHODS: Readonly<Record<string, readonly string[] | undefined>> = {
  spf: ["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"],
  dkim: ["pass", "fail", "neutral", "policy", "none", "temperror", "permerror"],
  dmarc: ["pass", "fail", "none", "temperror", "permerror"],
  iprev: ["pass", "fail", "temperror", "permerror"],
};

/** What a property of a result is about, and its value: `header.d=example.org` (RFC 8601 section 2.3). */
export interface AuthProperty {
  /** The part of the message or its envelope: `header`, `smtp`, `policy` … */
  readonly ptype: string;
  /** What it is in that part, such as `d` or `mailfrom`. */
  readonly property: string;
  /** The value. Any text will do: it is quoted if need be. */
  readonly value: string;
  /**
   * Whether it is quoted even if it need not be.
   * @default {false}
   */
  readonly quoted?: boolean | undefined;
}

/** The result of one method for an Authentication-Results field (RFC 8601 section 2.2). */
export interface AuthResult {
  /** The method, as registered: `dkim`, `spf`, `dmarc`, `iprev` … */
  readonly method: string;
  /** The result, as registered for the method. */
  readonly result: string;
  /** A comment for people. */
  readonly comment?: string | undefined;
  /** Why it is not `pass`. */
  readonly reason?: string | undefined;
  /** What the result is about. */
  readonly properties?: readonly AuthProperty[] | undefined;
}

/**
 * Formats the value of an Authentication-Results field with the results of any methods: `id; spf=pass smtp.mailfrom=…`,
 * one result per line, with LF and a tab between lines as milters must write them. Comments, reasons and values are quoted
 * or replaced so that they can neither end a line nor look like another result. ASCII only; a value longer than 320
 * characters is cut. Results that do not fit a field are left out: first those of methods with several results, those that
 * pass last.
 *
 * @param authservId the name under which this host reports, such as its host name
 * @param results the results, in the order to write them; if there are none, or none fits, the value says `none`
 * @returns at most 59,900 bytes with the name of the field
 * @throws {TypeError} if `authservId` is empty or has characters other than printable ASCII, or if a method, result, ptype
 * or property is not a word of letters, digits and hyphens
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatAuthResults } from "../auth.ts";
 *
 * const spf = {
 *   method: "spf",
 *   result: "pass",
 *   properties: [{ ptype: "smtp", property: "mailfrom", value: "example.com" }],
 * };
 * assert.equal(
 *   formatAuthResults("mx.example.net", [spf, { method: "iprev", result: "fail", reason: "no name" }]),
 *   'mx.example.net;\n\tspf=pass smtp.mailfrom=example.com;\n\tiprev=fail reason="no name"',
 * );
 * ```
 */
export function formatAuthResults(authservId: string, results: readonly AuthResult[]): string {
  const id = checkedId(authservId);
  const lines = withinField(id, results.map((result) => ({ result, text: resultLine(result) })));
  if (lines.length === 0) return `${id}; none`;
  return [id, ...lines.map(({ text }) => text)].join(SEPARATOR);
}

/**
 * Formats the value of an Authentication-Results field: `id; dkim=pass (2048-bit key) header.d=… header.i=…`. It is
 * {@link formatAuthResults} of {@link dkimAuthResults}.
 *
 * @param authservId the name under which this host reports, such as its host name
 * @param results the results of the verifier; if there are none, the value says `dkim=none`
 * @param reportLength whether to mention body bytes that are not signed
 * @returns at most 59,900 bytes with the name of the field
 * @throws {TypeError} if `authservId` is empty or has characters other than printable ASCII
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authenticationResults } from "../auth.ts";
 *
 * assert.equal(authenticationResults("mx.example.net", []), "mx.example.net;\n\tdkim=none");
 * ```
 */
export function authenticationResults(
  authservId: string,
  results: readonly DkimResult[],
  reportLength: boolean = true,
): string {
  return formatAuthResults(authservId, dkimAuthResults(results, reportLength));
}

/**
 * The results of DKIM for {@link formatAuthResults}.
 *
 * @param results the results of the verifier; if there are none, there is one that says `dkim=none`
 * @param reportLength whether to mention body bytes that are not signed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dkimAuthResults } from "../auth.ts";
 *
 * assert.deepEqual(dkimAuthResults([]), [{ method: "dkim", result: "none" }]);
 * ```
 */
export function dkimAuthResults(
  results: readonly DkimResult[],
  reportLength: boolean = true,
): readonly AuthResult[] {
  if (results.length === 0) return [{ method: "dkim", result: "none" }];
  return results.map((result) => dkimAuthResult(result, reportLength));
}

function dkimAuthResult(result: DkimResult, reportLength: boolean): AuthResult {
  const notes: string[] = [];
  if (result.keyBits !== undefined) notes.push(`${result.keyBits}-bit key`);
  if (result.testing) notes.push("test mode");
  if (reportLength && result.unsignedBodyBytes !== undefined) {
    notes.push(`${result.unsignedBodyBytes} body bytes not signed`);
  }
  const properties: AuthProperty[] = [];
  const add = (property: string, value: string | undefined, quoted = false) => {
    if (value !== undefined) properties.push({ ptype: "header", property, value, quoted });
  };
  add("d", result.domain);
  add("i", result.identity);
  add("s", result.selector);
  add("a", result.algorithm);
  // Most prefixes need quotes. Those that do not have them too, so that all look the same.
  add("b", result.signaturePrefix, true);
  return {
    method: "dkim",
    result: result.status,
    comment: notes.length > 0 ? notes.join(", ") : undefined,
    reason: result.reason,
    properties,
  };
}

interface ResultLine {
  readonly result: AuthResult;
  readonly text: string;
}

/** The lines that fit a field that every MTA delivers. A message can have many results of one method, as of DKIM. */
function withinField(id: string, lines: readonly ResultLine[]): readonly ResultLine[] {
  const kept = [...lines];
  let excess = [FIELD_NAME, id, ...lines.map(({ text }) => text)].join(SEPARATOR).length -
    MAX_DELIVERED_FIELD;
  for (const least of [0, 1, 2]) {
    for (const [i, line] of [...kept.entries()].reverse()) {
      if (excess <= 0) break;
      if (weight(line, lines) !== least) continue;
      excess -= SEPARATOR.length + line.text.length;
      kept.splice(i, 1);
    }
  }
  return kept;
}

/** How much the result matters if not all fit. */
function weight({ result }: ResultLine, lines: readonly ResultLine[]): number {
  const same = lines.filter((line) => line.result.method === result.method);
  if (same.length === 1) return 2;
  return result.result === "pass" ? 1 : 0;
}

function resultLine({ method, result, comment, reason, properties = [] }: AuthResult): string {
  const words = [`${keyword(method)}=${keyword(result)}`];
  if (comment !== undefined) words.push(commented(comment));
  if (reason !== undefined) words.push(`reason=${quotedValue(reason)}`);
  for (const { ptype, property, value, quoted: always = false } of properties) {
    words.push(`${keyword(ptype)}.${keyword(property)}=${always ? quotedValue(value) : valueOf(value)}`);
  }
  let text = "";
  let column = 0;
  for (const word of words) {
    const fold = column > 0 && column + word.length > MAX_LINE_LENGTH;
    if (text !== "") text += fold ? "\n\t" : " ";
    column = (fold ? 0 : column) + word.length + 1;
    text += word;
  }
  return text;
}

/**
 * Formats the value of a field which says that nothing was checked (RFC 8601 section 2.2, `no-result`).
 *
 * @param authservId as for {@link authenticationResults}
 * @param why the reason, in a few words without parentheses
 * @throws {TypeError} as {@link authenticationResults}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { uncheckedResults } from "../auth.ts";
 *
 * assert.equal(uncheckedResults("mx.example.net", "our own network"), "mx.example.net (our own network); none");
 * ```
 */
export function uncheckedResults(authservId: string, why: string): string {
  return `${checkedId(authservId)} (${why}); none`;
}

/**
 * Formats the value of a field for a message whose check was aborted by an internal error.
 *
 * @throws {TypeError} as {@link authenticationResults}
 */
export function brokenResults(authservId: string): string {
  return `${checkedId(authservId)};\n\tdkim=temperror reason="internal error"`;
}

/**
 * Whether results can be reported under a name (RFC 8601 section 2.5): it must be printable ASCII, and not blank.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isAuthservId } from "../auth.ts";
 *
 * assert.equal(isAuthservId("mx.example.net"), true);
 * assert.equal(isAuthservId(""), false);
 * ```
 */
export function isAuthservId(name: string): boolean {
  return /^[\x20-\x7e]+$/.test(name) && name.trim() !== "";
}

function checkedId(authservId: string): string {
  if (!isAuthservId(authservId)) {
    throw new TypeError("Cannot use this authserv-id: it must be printable ASCII, such as a host name");
  }
  // It must be a token or quoted: unlike a property's value, it may not be a plain address.
  const plain = authservId.length <= MAX_VALUE_LENGTH && isSimple(authservId);
  return plain ? authservId : quotedValue(authservId);
}

/** A value unchanged if RFC 8601 section 2.2 allows it so; otherwise as a quoted string. */
function valueOf(text: string): string {
  return text.length <= MAX_VALUE_LENGTH && isPlain(text) ? text : quotedValue(text);
}

/** Whether it is a simple token, or `local-part@domain` with a simple local part or none. */
function isPlain(text: string): boolean {
  const [local = "", domain, ...more] = text.split("@");
  if (domain === undefined) return isSimple(local);
  const plainLocal = local === "" || (isSimple(local.replaceAll("=", "+")) && isDotAtom(local));
  return plainLocal && more.length === 0 && isAscii(domain) && isDomain(domain);
}

/** Whether it is a token of letters, digits and the signs that are in most names; others are quoted for careless readers. */
function isSimple(text: string): boolean {
  return /^[A-Za-z0-9._+-]+$/.test(text);
}

/** A word for which RFC 8601 section 2.2 has no quotes: it comes from us, so a bad one is an error of the caller. */
function keyword(text: string): string {
  if (isKeyword(text)) return text;
  throw new TypeError(
    `Cannot use ${
      JSON.stringify(text)
    } in Authentication-Results: a word of letters, digits and hyphens is needed`,
  );
}

/** A quoted string of printable ASCII, cut to 320 characters; other characters become question marks. */
export function quotedValue(text: string): string {
  return `"${printable(text).replace(/["\\]/g, "\\$&")}"`;
}

function commented(text: string): string {
  return `(${printable(text).replace(/[()\\]/g, "\\$&")})`;
}

function printable(text: string): string {
  return text.slice(0, MAX_VALUE_LENGTH).replace(/[^\x20-\x7e]/g, "?");
}
