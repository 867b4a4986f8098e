/**
 * Converts tokens of an address field, which have one character per byte, to text.
 *
 * @module
 */

import { latin1Bytes } from "../protocol/text.ts";
import type { AddressToken } from "./address_tokens.ts";
import { decodeText } from "./charset.ts";
import { decodeRawWords } from "./encoded_words.ts";
import { singleLine } from "./single_line.ts";

/** The decoded text of a name, without comments. */
export function phraseText(tokens: readonly AddressToken[]): string {
  if (tokens.length === 0) return "";
  const text = tokens.map(({ kind, text }) => {
    if (kind === "blank") return " ";
    return kind === "comment" ? "" : kind === "quoted" ? unquoted(text) : text;
  }).join("");
  return singleLine(decodeRawWords(text)).replace(/ {2,}/g, " ");
}

/** The decoded text of the first comment that is not empty. */
export function commentText(tokens: readonly AddressToken[]): string {
  for (const { kind, text } of tokens) {
    const comment = kind === "comment" ? singleLine(decodeRawWords(unquoted(text))) : "";
    if (comment !== "") return comment;
  }
  return "";
}

/** The text between quotation marks or parentheses, with backslash escapes removed. */
function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\([^])/g, "$1");
}

/** An address without comments, white space around its dots and its `@`, and unnecessary quotation marks. */
export function addrSpec(tokens: readonly AddressToken[]): string {
  if (tokens.length === 0) return "";
  let address = "";
  let isApart = false;
  for (const { kind, text } of tokens) {
    if (kind === "comment") continue;
    if (kind === "blank") {
      isApart = true;
      continue;
    }
    const word = decodeText(latin1Bytes(kind === "quoted" ? quotedIfNecessary(unquoted(text)) : text));
    if (isApart && !/(?:^|[.@])$/.test(address.slice(-1)) && !/^[.@]/.test(word)) address += " ";
    address += word;
    isApart = false;
  }
  // Some writers use apostrophes as quotation marks: 'joe@example.org'
  const isInApostrophes = address.startsWith("'") && address.endsWith("'") && address.includes("@");
  const bare = isInApostrophes ? address.slice(1, -1) : address;
  // deno-lint-ignore no-control-regex -- they are what is removed
  return bare.replace(/[\0-\x1f\x7f-\x9f]/g, "");
}

/** What is between angle brackets, without a source route (RFC 5322 section 4.4). */
export function withoutRoute(tokens: readonly AddressToken[]): readonly AddressToken[] {
  const first = tokens.find(({ kind }) => kind !== "blank" && kind !== "comment");
  if (first?.kind !== "special" || first.text !== "@") return tokens;
  return tokens.slice(tokens.findIndex(({ kind, text }) => kind === "special" && text === ":") + 1);
}

/** A local part, quoted if RFC 5322 requires it. */
function quotedIfNecessary(text: string): string {
  if (/^[^ \t\r\n"(),.:;<>@[\\\]]+(?:\.[^ \t\r\n"(),.:;<>@[\\\]]+)*$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
