/**
 * Finds the keys that have not signed a message yet: a message that passes here again already has our signature.
 *
 * @module
 */
import { latin1 } from "../../lib/auth/bytes.ts";
import { parseSignature } from "../../lib/auth/dkim/signature.ts";
import type { DkimSigningKey } from "../../lib/auth/dkim/signing_options.ts";
import { type Unsigned, unsigned } from "./reasons.ts";

/**
 * Leaves out the keys of whose domain and selector the message has a signature.
 *
 * @param keys the keys, at least one
 * @param signatures the values of its DKIM-Signature fields
 * @returns the others; if there are none, why it is not signed
 */
export function keysWithoutSignature(
  keys: readonly DkimSigningKey[],
  signatures: readonly Uint8Array[],
): readonly DkimSigningKey[] | Unsigned {
  const outlines = signatures.map((value) => parseSignature(latin1(value)).outline);
  const isThere = ({ domain, selector }: DkimSigningKey) =>
    outlines.some((outline) => outline.domain === domain && outline.selector === selector);
  const missing = keys.filter((key) => !isThere(key));
  if (missing.length > 0) return missing;
  const there = keys.map(({ domain, selector }) => `d=${domain} s=${selector}`).join(", ");
  return unsigned("signed", `it has a signature of ${there} already`);
}
