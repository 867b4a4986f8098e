/**
 * Verifies the DKIM signatures of a complete message.
 *
 * @module
 */
import { parseMessage } from "../../message/parse.ts";
import type { DkimResult } from "./results.ts";
import { DkimVerifier, type DkimVerifierOptions } from "./verifier.ts";

/** Settings of {@link verifyDkim}. */
export interface VerifyDkimOptions extends Omit<DkimVerifierOptions, "now"> {
  /**
   * The time in seconds since 1970, for checking t= and x=.
   * @default {the system's}
   */
  readonly now?: (() => number) | undefined;
  /** Aborts the lookups; signatures whose key is not available by then are `temperror`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Verifies all signatures of a message (RFC 6376, RFC 8301, RFC 8463). For a message that arrives in chunks, use
 * {@link DkimVerifier}, which keeps nothing of the body.
 *
 * @param message header, empty line and body; line ends may be CRLF or LF and count as CRLF, as over SMTP; it may begin with
 * a line `From `, as in mailbox files
 * @param options where keys are looked up, and limits, by default 10 signatures, 1 MiB of header, and RSA keys of 1024 to
 * 4096 bits
 * @returns one result for each signature, from the top; none for a message without signatures. A failed key lookup is a
 * result, not an error: `temperror`
 * @throws {RangeError} (as a rejection) if a limit is not a whole number, or `minKeyBits` is not 512 to 4096
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRecordsFile, verifyDkim } from "../../auth.ts";
 *
 * const resolver = parseRecordsFile(
 *   '2026._domainkey.example.org "v=DKIM1; k=ed25519; p=ZFI5q00XiOhd6oOelBkcVEDLzh+XFkw20+CqoWBux5I="',
 * );
 * const message = `DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=2026; h=from;
 *  bh=Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg=;
 *  b=+DM5ZUR21qrxeQJ7MEsfjxIjeadOb3JSdK8lRpNIgibWeQJ5fOa39IQASom1BS5YpoUsNCkMiXlYNATHG2i/Bg==
 * From: joe@example.org
 *
 * Hello
 * `;
 * const [result] = await verifyDkim(new TextEncoder().encode(message), { resolver });
 * assert.equal(result?.status, "pass");
 * assert.equal(result?.domain, "example.org");
 * ```
 */
export async function verifyDkim(
  message: Uint8Array,
  options: VerifyDkimOptions,
): Promise<readonly DkimResult[]> {
  const { now = () => Math.floor(Date.now() / 1000), signal, ...rest } = options;
  const verifier = new DkimVerifier({ ...rest, now });
  const { hidden = [], header, body } = parseMessage(message);
  // All fields with one name are in one of the two lists, so they stay in the order of the message.
  for (const field of [...hidden, ...header]) verifier.header(field.nameBytes, field.rawValueBytes);
  verifier.endOfHeaders(signal);
  if (verifier.wantsBody) verifier.body(body);
  return await verifier.finish();
}
