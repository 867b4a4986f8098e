/**
 * Authentication-Results header fields (RFC 8601): writing ours, recognizing those which claim to be ours.
 *
 * @module
 */
import { domainToASCII } from "node:url";
import { isAscii, latin1, utf8Of } from "./bytes.ts";
import { MAX_DELIVERED_FIELD } from "../../lib/message/fold.ts";
import type { DkimResult } from "./results.ts";

/** Characters of a value from the message that are written at most. */
const MAX_VALUE_LENGTH = 320;
/** Characters after which a result is folded between its properties; between results it always is. */
const MAX_LINE_LENGTH = 76;
/** What stands between the results. */
const SEPARATOR = ";\n\t";
const FIELD_NAME = "Authentication-Results";

/**
 * The value of an Authentication-Results field: `id; dkim=pass (2048-bit key) header.d=… header.i=…`, one
 * result per line, lines joined by LF and a tab as a milter has to. Everything that comes from the message is
 * quoted or replaced so that it can neither end a line nor look like another result. ASCII only. Results that do not fit
 * a field are left out, those that pass last.
 *
 * @param authservId The name under which this host reports, such as its host name.
 * @param results From the verifier; none gives `dkim=none`.
 * @param reportLength Whether to tell of body bytes that are not signed.
 * @throws {TypeError} if `authservId` is empty or has other than printable ASCII characters.
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

/** Those lines that a field has room for which every MTA delivers. What is left out first is what does not pass. */
function withinField(id: string, lines: readonly string[]): readonly string[] {
  const kept = [...lines];
  const size = [FIELD_NAME, id, ...lines].join(SEPARATOR).length;
  let excess = size - MAX_DELIVERED_FIELD;
  for (const passing of [false, true]) {
    for (let i = kept.length - 1; i >= 0 && excess > 0; i--) {
      if (kept[i].startsWith("dkim=pass") !== passing) continue;
      excess -= SEPARATOR.length + kept[i].length;
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
  if (result.reason !== undefined) words.push(`reason=${quoted(result.reason)}`);
  if (result.domain !== undefined) words.push(`header.d=${valueOf(result.domain)}`);
  if (result.identity !== undefined) words.push(`header.i=${identityValue(result.identity)}`);
  if (result.selector !== undefined) words.push(`header.s=${valueOf(result.selector)}`);
  if (result.algorithm !== undefined) words.push(`header.a=${valueOf(result.algorithm)}`);
  if (result.signaturePrefix !== undefined) words.push(`header.b=${quoted(result.signaturePrefix)}`);
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
 * The value of a field which says that nothing was checked (RFC 8601 section 2.2, `no-result`).
 *
 * @param authservId As for {@link authenticationResults}.
 * @param why A few words of ours, without parentheses.
 * @throws {TypeError} as {@link authenticationResults}.
 */
export function uncheckedResults(authservId: string, why: string): string {
  return `${checkedId(authservId)} (${why}); none`;
}

/**
 * The value of a field for a message whose check broke off by a mistake of ours.
 *
 * @throws {TypeError} as {@link authenticationResults}.
 */
export function brokenResults(authservId: string): string {
  return `${checkedId(authservId)};\n\tdkim=temperror reason="internal error"`;
}

function checkedId(authservId: string): string {
  if (!/^[\x20-\x7e]+$/.test(authservId) || authservId.trim() === "") {
    throw new TypeError("Cannot use this authserv-id: it must be printable ASCII, such as a host name");
  }
  return valueOf(authservId);
}

/** A value as it is if it is a token (RFC 2045), else as a quoted string. */
function valueOf(text: string): string {
  return text.length <= MAX_VALUE_LENGTH && /^[A-Za-z0-9._+-]+$/.test(text) ? text : quoted(text);
}

/** RFC 8601 allows `local-part@domain` unquoted where the local part is a dot-atom, or is missing. */
function identityValue(text: string): string {
  const plain = /^[A-Za-z0-9._+=-]*@[A-Za-z0-9._-]+$/;
  return text.length <= MAX_VALUE_LENGTH && plain.test(text) ? text : quoted(text);
}

function quoted(text: string): string {
  const cut = text.length > MAX_VALUE_LENGTH ? text.slice(0, MAX_VALUE_LENGTH) : text;
  return `"${cut.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&")}"`;
}

/**
 * The authserv-id of an Authentication-Results field: comments, folding and quotes taken away, case as it is.
 *
 * @param value All that follows the field's colon.
 * @returns undefined if the field does not begin as RFC 8601 section 2.2 says, so that readers may differ.
 */
export function authservIdOf(value: Uint8Array | string): string | undefined {
  const text = textOf(value);
  const reader = { text, at: 0 };
  if (!skipComments(reader)) return undefined;
  const id = text[reader.at] === '"' ? readQuoted(reader) : readToken(reader);
  if (id === undefined || id === "") return undefined;
  if (!skipComments(reader)) return undefined;
  while (/^[0-9]$/.test(text.charAt(reader.at))) reader.at++; // the version
  if (!skipComments(reader)) return undefined;
  return reader.at === text.length || text[reader.at] === ";" ? id : undefined;
}

/**
 * Whether an Authentication-Results field bears `id` as its authserv-id, and so must be removed on arrival
 * from outside (RFC 8601 section 5). Case and a final dot do not matter. A field that does not begin as it
 * should bears the id if the id occurs anywhere in it: another reader may find it there.
 *
 * @param value All that follows the field's colon.
 */
export function bearsAuthservId(value: Uint8Array | string, id: string): boolean {
  const wanted = comparable(id);
  const found = authservIdOf(value);
  if (found !== undefined) return comparable(found) === wanted;
  const text = textOf(value);
  return [text, printableOf(text)].some((reading) => comparable(reading).includes(wanted));
}

/** Without white space, control characters, quotes and backslashes: what may hide an id from a search. */
function printableOf(text: string): string {
  return text.replace(/[^\x21\x23-\x5b\x5d-\x7e\x80-\uffff]+/g, "");
}

function comparable(id: string): string {
  let text = id.trim();
  // The conversion is not for long texts, and no domain name is so long.
  if (text.length <= 1000 && !isAscii(text)) text = domainToASCII(utf8Of(text) ?? text) || text;
  while (text.endsWith(".")) text = text.slice(0, -1);
  return text.toLowerCase();
}

function textOf(value: Uint8Array | string): string {
  return typeof value === "string" ? value : latin1(value);
}

interface Reader {
  readonly text: string;
  at: number;
}

/** Passes white space and comments, which nest; false if a comment does not end. */
function skipComments(reader: Reader): boolean {
  const { text } = reader;
  let depth = 0;
  for (; reader.at < text.length; reader.at++) {
    const char = text[reader.at];
    if (char === "(") depth++;
    else if (char === ")" && depth > 0) depth--;
    else if (depth > 0) {
      if (char === "\\") reader.at++;
    } else if (char !== " " && char !== "\t" && char !== "\r" && char !== "\n") return true;
  }
  return depth === 0;
}

function readQuoted(reader: Reader): string | undefined {
  const { text } = reader;
  const parts: string[] = [];
  let start = ++reader.at;
  for (; reader.at < text.length; reader.at++) {
    const char = text[reader.at];
    if (char === "\\") {
      parts.push(text.slice(start, reader.at));
      start = ++reader.at;
    } else if (char === '"') {
      parts.push(text.slice(start, reader.at++));
      // Folding inside the quotes is not part of the value (RFC 5322 section 3.2.4).
      return parts.join("").replace(/[\r\n]+/g, "");
    }
  }
  return undefined;
}

/** A token: printable, without the characters that separate (RFC 2045). 8-bit ones occur in U-labels. */
function readToken(reader: Reader): string {
  const start = reader.at;
  while (reader.at < reader.text.length && isTokenCode(reader.text.charCodeAt(reader.at))) reader.at++;
  return reader.text.slice(start, reader.at);
}

function isTokenCode(code: number): boolean {
  return code > 0x20 && code !== 0x7f && !'()<>@,;:\\"/[]?='.includes(String.fromCharCode(code));
}
