/**
 * Writes our Authentication-Results header fields (RFC 8601).
 *
 * @module
 */
import { MAX_DELIVERED_FIELD } from "../message/fold.ts";
import type { DkimResult } from "./dkim/results.ts";

/** The most characters that are written of a value from the message. */
const MAX_VALUE_LENGTH = 320;
/** A result is folded between its properties after this many characters; between results the field is always folded. */
const MAX_LINE_LENGTH = 76;
/** The text between results. */
const SEPARATOR = ";\n\t";
const FIELD_NAME = "Authentication-Results";

/**
 * Formats the value of an Authentication-Results field: `id; dkim=pass (2048-bit key) header.d=… header.i=…`, one result
 * per line, with LF and a tab between lines as milters must write them. Everything from the message is quoted or replaced
 * so that it can neither end a line nor look like another result. ASCII only. Results that do not fit a field are left
 * out, those that pass last.
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
  const id = checkedId(authservId);
  const lines = results.length === 0
    ? ["dkim=none"]
    : results.map((result) => resultLine(result, reportLength));
  return [id, ...withinField(id, lines)].join(SEPARATOR);
}

/** The lines that fit a field that every MTA delivers. Results that do not pass are left out first. */
function withinField(id: string, lines: readonly string[]): readonly string[] {
  const kept = [...lines];
  const size = [FIELD_NAME, id, ...lines].join(SEPARATOR).length;
  let excess = size - MAX_DELIVERED_FIELD;
  for (const passing of [false, true]) {
    for (const [i, line] of [...kept.entries()].reverse()) {
      if (excess <= 0) break;
      if (line.startsWith("dkim=pass") !== passing) continue;
      excess -= SEPARATOR.length + line.length;
      kept.splice(i, 1);
    }
  }
  return kept;
}

function resultLine(result: DkimResult, reportLength: boolean): string {
  const words = [`dkim=${result.status}`];
  const notes: string[] = [];
  if (result.keyBits !== undefined) notes.push(`${result.keyBits}-bit key`);
  if (result.testing) notes.push("test mode");
  if (reportLength && result.unsignedBodyBytes !== undefined) {
    notes.push(`${result.unsignedBodyBytes} body bytes not signed`);
  }
  if (notes.length > 0) words.push(`(${notes.join(", ")})`);
  if (result.reason !== undefined) words.push(`reason=${quotedValue(result.reason)}`);
  if (result.domain !== undefined) words.push(`header.d=${valueOf(result.domain)}`);
  if (result.identity !== undefined) words.push(`header.i=${identityValue(result.identity)}`);
  if (result.selector !== undefined) words.push(`header.s=${valueOf(result.selector)}`);
  if (result.algorithm !== undefined) words.push(`header.a=${valueOf(result.algorithm)}`);
  if (result.signaturePrefix !== undefined) words.push(`header.b=${quotedValue(result.signaturePrefix)}`);
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
  return valueOf(authservId);
}

/** A value unchanged if it is a token (RFC 2045), otherwise as a quoted string. */
function valueOf(text: string): string {
  return text.length <= MAX_VALUE_LENGTH && /^[A-Za-z0-9._+-]+$/.test(text) ? text : quotedValue(text);
}

/** RFC 8601 allows `local-part@domain` unquoted if the local part is a dot-atom or missing. */
function identityValue(text: string): string {
  const plain = /^[A-Za-z0-9._+=-]*@[A-Za-z0-9._-]+$/;
  return text.length <= MAX_VALUE_LENGTH && plain.test(text) ? text : quotedValue(text);
}

/** A quoted string of printable ASCII, cut to 320 characters; other characters become question marks. */
export function quotedValue(text: string): string {
  const cut = text.length > MAX_VALUE_LENGTH ? text.slice(0, MAX_VALUE_LENGTH) : text;
  return `"${cut.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&")}"`;
}
