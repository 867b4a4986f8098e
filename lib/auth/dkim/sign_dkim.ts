/**
 * Signs a complete message.
 *
 * @module
 */
import { parseMessage } from "../../message/parse.ts";
import { type DkimSignature, DkimSigner } from "./signer.ts";
import type { DkimSigningKey, DkimSigningOptions } from "./signing_options.ts";

/** Settings of {@link signDkim}. */
export interface SignDkimOptions extends Omit<DkimSigningOptions, "now"> {
  /**
   * The time in seconds since 1970, for t= and x=.
   * @default {the system's}
   */
  readonly now?: (() => number) | undefined;
}

/**
 * Signs a message (RFC 6376, RFC 8463). For a message that arrives in chunks, use {@link DkimSigner}, which keeps nothing of
 * the body.
 *
 * @param message header, empty line and body; line ends may be CRLF or LF and count as CRLF, as over SMTP; it may begin with
 * a line `From `, as in mailbox files, which is not signed
 * @param keys the keys, at least one
 * @param options what is signed and how
 * @returns one signature for each key, in the order in which they belong on top of the message: RSA first
 * @throws {DkimSigningError} if the settings cannot be used, or the message cannot be signed
 * @throws {RangeError} if a number is out of bounds
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dkimKeyRecord, parseDkimPrivateKey, parseRecordsFile, signDkim, verifyDkim } from "../../auth.ts";
 *
 * const key = parseDkimPrivateKey("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
 * const message = "From: joe@example.org\r\n\r\nHello\r\n";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const signatures = signDkim(bytes(message), [{ domain: "example.org", selector: "2026", key }]);
 * const signed = signatures.map(({ value }) => `DKIM-Signature: ${value}\r\n`).join("") + message;
 *
 * const resolver = parseRecordsFile(`2026._domainkey.example.org "${dkimKeyRecord(key)}"`);
 * const [result] = await verifyDkim(bytes(signed), { resolver });
 * assert.equal(result?.status, "pass");
 * ```
 */
export function signDkim(
  message: Uint8Array,
  keys: readonly DkimSigningKey[],
  options: SignDkimOptions = {},
): readonly DkimSignature[] {
  const { now = () => Date.now() / 1000, ...rest } = options;
  const signer = new DkimSigner(keys, { ...rest, now });
  const { hidden = [], header, body } = parseMessage(message);
  // All fields with one name are in one of the two lists, so they stay in the order of the message.
  for (const field of [...hidden, ...header]) signer.header(field.nameBytes, field.rawValueBytes);
  signer.endOfHeaders();
  signer.body(body);
  return signer.finish();
}
