/**
 * Encodes text and addresses for header fields.
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
 * Formats addresses as the value of a field: names are quoted or encoded where necessary, and consecutive addresses
 * with the same group form one group. The reverse of `parseAddresses`, except for empty groups, which that does not
 * report.
 *
 * @param addresses the addresses, which are written unchanged, including UTF-8 (RFC 6532); an empty address with a name
 * gives only the name, and one without a name gives `<>`
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

/** A name: unchanged, in quotation marks, or as encoded words. */
function phrase(name: string): string {
  const text = singleLine(legibleText(name));
  if (text.includes("=?") || /[^ -~]/.test(text)) return encodedRun(text);
  if (/^[\w!#$%&'*+\/=?^`{|}~-]+(?: [\w!#$%&'*+\/=?^`{|}~-]+)*$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * The value of a field whose decoded text is the given text: non-ASCII text becomes encoded words. In an address field,
 * such as From or To, only names are encoded.
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
