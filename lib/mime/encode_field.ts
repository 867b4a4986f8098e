/**
 * Writes text and addresses into fields.
 *
 * @module
 */

import { type HeaderAddress, parseAddresses } from "./addresses.ts";
import { encodedRun, encodeWords } from "./encode_words.ts";
import { legibleText } from "../protocol/text.ts";
import { singleLine } from "./single_line.ts";

/** The fields whose value is a list of addresses (RFC 5322 sections 3.6.2, 3.6.3 and 3.6.6). */
const ADDRESS_FIELDS: ReadonlySet<string> = new Set([
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "resent-from",
  "resent-sender",
  "resent-to",
  "resent-cc",
  "resent-bcc",
]);

/**
 * Writes addresses as the value of a field: names are quoted or encoded where necessary, consecutive addresses with the
 * same group are in one group. The reverse of `parseAddresses`, except for the group of nobody, which that does not report.
 *
 * @param addresses the addresses, which are written as they are, also those with UTF-8 (RFC 6532); an empty one with a name
 * is a name without an address, and one without both is `<>`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatAddresses } from "./encode_field.ts";
 *
 * const [joe, zoe] = [{ name: "Doe, Joe", address: "joe@example.org" }, { name: "Zoë", address: "zoe@example.org" }];
 * assert.equal(
 *   formatAddresses([joe, zoe]),
 *   '"Doe, Joe" <joe@example.org>, =?utf-8?q?Zo=C3=AB?= <zoe@example.org>',
 * );
 * ```
 */
export function formatAddresses(addresses: readonly HeaderAddress[]): string {
  let value = "";
  let last: string | undefined;
  for (const [i, { name, address, group }] of addresses.entries()) {
    if (last !== undefined && group !== last) value += ";";
    if (i > 0) value += ", ";
    if (group !== undefined && group !== last) value += `${phrase(group)}: `;
    value += mailbox(name, singleLine(address));
    last = group;
  }
  return last === undefined ? value : `${value};`;
}

function mailbox(name: string, address: string): string {
  if (name === "") return address === "" ? "<>" : address;
  return address === "" ? phrase(name) : `${phrase(name)} <${address}>`;
}

/** A name: as it is, in quotation marks, or as encoded words. */
function phrase(name: string): string {
  const text = singleLine(legibleText(name));
  if (text.includes("=?") || /[^ -~]/.test(text)) return encodedRun(text);
  if (/^[\w!#$%&'*+\/=?^`{|}~-]+(?: [\w!#$%&'*+\/=?^`{|}~-]+)*$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * The value of a field that reads as a text: with encoded words where the text is not ASCII. In a field with addresses, such
 * as From or To, only names are encoded.
 *
 * @param name the field's name
 * @param text the text, as `HeaderField.text` would return it
 * @returns the value, not folded
 */
export function encodeFieldText(name: string, text: string): string {
  if (!ADDRESS_FIELDS.has(name.toLowerCase())) return encodeWords(text, name);
  const line = singleLine(legibleText(text));
  return /[^ -~]/.test(line) ? formatAddresses(parseAddresses(line)) : line;
}
