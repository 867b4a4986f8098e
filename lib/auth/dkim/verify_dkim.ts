/**
 * Verifies the DKIM signatures of a message that is there as a whole.
 *
 * @module
 */
import { parseMessage } from "../../message/parse.ts";
import type { DkimResult } from "./results.ts";
import { DkimVerifier, type DkimVerifierOptions } from "./verifier.ts";

/** Settings of {@link verifyDkim}. */
export interface VerifyDkimOptions extends Omit<DkimVerifierOptions, "now"> {
  /**
   * The time in seconds since 1970, against which t= and x= are held.
   * @default {the system's}
   */
  readonly now?: (() => number) | undefined;
  /** Ends the lookups; signatures whose key is not there by then are `temperror`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Verifies all signatures of a message (RFC 6376, RFC 8301, RFC 8463). For one that comes in pieces there is
 * {@link DkimVerifier}, which keeps none of the body.
 *
 * @param message Header, empty line and body. Line ends may be CRLF or LF; they count as CRLF, as over SMTP. What a
 * mailbox puts before a message, a line that begins with `From `, may be there.
 * @param options Where keys are looked up, and limits: 10 signatures, 1 MiB of header, RSA keys of 1024 to 4096 bits
 * unless they say something else.
 * @returns One result for each signature, from the top; none for a message without signatures. A key that cannot be
 * looked up is a result, not an error: `temperror`.
 * @throws {RangeError} (as a rejection) if a limit is not a whole number, or `minKeyBits` is not 512 to 4096.
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
  // Fields of one name are all in one of the two, so that their order is that of the message.
  for (const field of [...hidden, ...header]) verifier.header(field.nameBytes, field.rawValueBytes);
  verifier.endOfHeaders(signal);
  if (verifier.wantsBody) verifier.body(body);
  return await verifier.finish();
}
