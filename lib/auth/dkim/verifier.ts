/**
 * Verifies the DKIM signatures of a message while it is received (RFC 6376, RFC 8301, RFC 8463, RFC 8616).
 *
 * @module
 */
import type { TxtAnswer, TxtResolver } from "../../dns/resolver.ts";
import { wholeNumber } from "../whole_number.ts";
import { type BodyDigest, BodyHasher } from "./body_hash.ts";
import { fieldKey, HeaderIndex, SignableField } from "./header_selection.ts";
import { MAX_RSA_BITS, MIN_RSA_BITS } from "./key_record.ts";
import type { DkimResult } from "./results.ts";
import { parseSignature, type Signature } from "./signature.ts";
import { type CheckRules, SignatureCheck } from "./signature_check.ts";

/** Settings of a {@link DkimVerifier}. */
export interface DkimVerifierOptions {
  /** Looks up the keys. The resolver's deadline applies. */
  readonly resolver: TxtResolver;
  /** The time in seconds since 1970, for checking t= and x=. */
  readonly now: () => number;
  /**
   * The maximum number of signatures that are checked, from the top; further ones get no result.
   * @default {10}
   */
  readonly maxSignatures?: number | undefined;
  /**
   * The smallest RSA key that is accepted, in bits, 512 to 4096; signatures with smaller ones are `policy`. RFC 8301 forbids
   * less than the default.
   * @default {1024}
   */
  readonly minKeyBits?: number | undefined;
  /**
   * The maximum number of bytes of header, each field counted as at least 32; signatures in larger headers are
   * `policy`.
   * @default {1048576}
   */
  readonly maxHeaderBytes?: number | undefined;
  /**
   * Seconds by which the signer's clock may differ from ours.
   * @default {300}
   */
  readonly clockDrift?: number | undefined;
  /**
   * Whether rsa-sha1 may pass, for checking old mail. RFC 8301 forbids it, since such signatures can be forged.
   * @default {false}
   */
  readonly allowSha1?: boolean | undefined;
  /**
   * Whether a signature that leaves a part of the body unsigned (l=) is `policy`.
   * @default {false}
   */
  readonly refuseUnsignedBody?: boolean | undefined;
}

const SIGNATURE_FIELD = "dkim-signature";
const MIN_FIELD_COST = 32;
const PREFIX_LENGTH = 8;
const MAX_PREFIX_LENGTH = 64;

/**
 * Verifies all signatures of one message.
 *
 * Call {@link header} for each field from the first to the last, {@link endOfHeaders}, {@link body} for each chunk of the
 * body, and {@link finish}. You may overwrite the bytes as soon as a call returns. The body is hashed as it arrives; the
 * signed part of the header, at most `maxHeaderBytes`, is kept until the keys are available. For a complete message, use
 * `verifyDkim`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DkimVerifier, parseRecordsFile } from "../../auth.ts";
 *
 * const resolver = parseRecordsFile("example.org NXDOMAIN");
 * const verifier = new DkimVerifier({ resolver, now: () => Date.now() / 1000 });
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * verifier.header(bytes("From"), bytes(" someone@example.org"));
 * verifier.endOfHeaders();
 * verifier.body(bytes("Hello\r\n"));
 * assert.deepEqual(await verifier.finish(), []); // the message is not signed
 * ```
 */
export class DkimVerifier {
  readonly #resolver: TxtResolver;
  readonly #now: () => number;
  readonly #maxSignatures: number;
  readonly #allowSha1: boolean;
  readonly #rules: CheckRules;
  readonly #maxHeaderBytes: number;
  readonly #clockDrift: number;
  readonly #hasher = new BodyHasher();
  readonly #wanted = new Set<BodyDigest>();
  #fields: SignableField[] = [];
  #signatureFields: SignableField[] = [];
  #ignored = 0;
  #headerBytes = 0;
  #checks: readonly SignatureCheck[] = [];
  #stage: "header" | "body" | "finished" = "header";

  /**
   * Makes a verifier for one message.
   *
   * @param options where keys are looked up, the time, and limits
   * @throws {RangeError} if a limit is not a whole number, or `minKeyBits` is not 512 to 4096
   */
  constructor(options: DkimVerifierOptions) {
    this.#resolver = options.resolver;
    this.#now = options.now;
    this.#maxSignatures = wholeNumber("maxSignatures", options.maxSignatures ?? 10, 1);
    this.#allowSha1 = options.allowSha1 ?? false;
    this.#rules = {
      minKeyBits: wholeNumber("minKeyBits", options.minKeyBits ?? 1024, MIN_RSA_BITS, MAX_RSA_BITS),
      refuseUnsignedBody: options.refuseUnsignedBody ?? false,
    };
    this.#maxHeaderBytes = wholeNumber("maxHeaderBytes", options.maxHeaderBytes ?? 1_048_576, 0);
    this.#clockDrift = wholeNumber("clockDrift", options.clockDrift ?? 300, 0);
  }

  /** The number of DKIM-Signature fields beyond `maxSignatures`, which get no result. */
  get ignoredSignatures(): number {
    return this.#ignored;
  }

  /**
   * Whether the rest of the body can still affect the results; if not, it need not be passed. A signature with l= needs the
   * whole body, since the bytes that it does not cover are counted.
   */
  get wantsBody(): boolean {
    return this.#stage === "header" || (this.#stage === "body" && this.#wanted.size > 0);
  }

  /**
   * Takes a header field. It is copied.
   *
   * @param name the bytes before the colon
   * @param value all bytes after the colon as in the message, with the space that often follows it and without the final
   * line end; CRLF or LF between folded lines
   * @throws {Error} if called after {@link endOfHeaders}
   */
  header(name: Uint8Array, value: Uint8Array): void {
    this.#expect("header", "header");
    const signature = isSignatureField(name);
    if (signature && this.#signatureFields.length >= this.#maxSignatures) this.#ignored++;
    this.#headerBytes += Math.max(name.length + value.length + 3, MIN_FIELD_COST);
    if (this.#headerBytes > this.#maxHeaderBytes) {
      // Nothing can be verified any more. The signatures still get a result; the rest is dropped.
      this.#fields = [];
      if (signature && this.#signatureFields.length < this.#maxSignatures) {
        this.#signatureFields.push(new SignableField(name, new Uint8Array(0)));
      }
      return;
    }
    const field = new SignableField(name, value);
    this.#fields.push(field);
    if (signature && this.#signatureFields.length < this.#maxSignatures) this.#signatureFields.push(field);
  }

  /**
   * Ends the header: parses the signatures and starts all lookups of keys, which then overlap the body.
   *
   * @param signal aborts the lookups; signatures whose key is not available by then are `temperror`
   * @throws {Error} if called twice
   */
  endOfHeaders(signal?: AbortSignal): void {
    this.#expect("header", "endOfHeaders");
    this.#stage = "body";
    const tooLarge = this.#headerBytes > this.#maxHeaderBytes;
    const index = new HeaderIndex(this.#fields);
    const now = this.#now();
    this.#checks = this.#signatureFields.map((field) => {
      const { outline, result } = parseSignature(field.valueText, { allowSha1: this.#allowSha1 });
      const check = new SignatureCheck(outline, this.#rules);
      if (tooLarge) check.settle("policy", "the header is too large");
      else if ("reason" in result) check.settle(result.status, result.reason);
      else this.#begin(check, result, field, index, now, signal);
      return check;
    });
    this.#fields = [];
    this.#signatureFields = [];
  }

  /**
   * Takes a chunk of the body, split anywhere. It is not kept.
   *
   * @throws {Error} if called before {@link endOfHeaders} or after {@link finish}
   */
  body(chunk: Uint8Array): void {
    this.#expect("body", "body");
    if (this.#wanted.size > 0) this.#hasher.push(chunk, this.#wanted);
  }

  /**
   * Ends the body and waits for the keys.
   *
   * @returns one result for each signature, from the top; none for a message without signatures
   * @throws {Error} (as a rejection) if called before {@link endOfHeaders} or twice
   */
  async finish(): Promise<readonly DkimResult[]> {
    this.#expect("body", "finish");
    this.#stage = "finished";
    if (this.#wanted.size > 0) this.#hasher.end();
    await Promise.all(this.#checks.map((check) => check.lookup));
    for (const check of this.#checks) check.settleBody();
    return reportOf(this.#checks);
  }

  #expect(stage: "header" | "body", method: string): void {
    if (this.#stage !== stage) {
      throw new Error(`Cannot call ${method}() now: the order is header, endOfHeaders, body, finish`);
    }
  }

  #begin(
    check: SignatureCheck,
    signature: Signature,
    field: SignableField,
    index: HeaderIndex,
    now: number,
    signal: AbortSignal | undefined,
  ): void {
    if (signature.expiration !== undefined && signature.expiration + this.#clockDrift < now) {
      return check.settle("fail", "the signature has expired");
    }
    if (signature.timestamp !== undefined && signature.timestamp - this.#clockDrift > now) {
      return check.settle("fail", "the signature is from the future");
    }
    const digest = this.#hasher.digest(signature.bodyCanonicalization, signature.bodyLength, signature.hash);
    this.#wanted.add(digest);
    check.begin(signature, index.signedHeader(signature, field), digest);
    const name = `${signature.selector}._domainkey.${signature.domain}`;
    check.lookup = this.#lookUp(name, signal).then((answer) => this.#judgeKeys(check, answer));
    // finish() reports errors; if the message ends before that, there is nobody to report them to.
    check.lookup.catch(() => {});
  }

  #judgeKeys(check: SignatureCheck, answer: TxtAnswer | undefined): void {
    check.judgeKeys(answer);
    const { digest } = check;
    if (digest === undefined || !check.settled) return;
    if (!this.#checks.some((other) => !other.settled && other.digest === digest)) this.#wanted.delete(digest);
  }

  async #lookUp(name: string, signal: AbortSignal | undefined): Promise<TxtAnswer | undefined> {
    try {
      return await this.#resolver.resolveTxt(name, signal);
    } catch {
      return undefined; // aborted, or the resolver failed: in both cases the key is unknown
    }
  }
}

function reportOf(checks: readonly SignatureCheck[]): readonly DkimResult[] {
  const texts = checks.map((check) => check.outline.signatureText);
  return checks.map((check) => check.result(uniquePrefix(check.outline.signatureText, texts)));
}

/** RFC 6008 section 4: long enough to tell the signatures of a message apart. */
function uniquePrefix(text: string | undefined, all: readonly (string | undefined)[]): string | undefined {
  if (text === undefined) return undefined;
  let length = PREFIX_LENGTH;
  for (const other of all) {
    if (other === undefined || other === text) continue;
    while (length < MAX_PREFIX_LENGTH && other.startsWith(text.slice(0, length)) && length < text.length) {
      length++;
    }
  }
  return text.slice(0, length);
}

function isSignatureField(name: Uint8Array): boolean {
  return name.length >= SIGNATURE_FIELD.length && fieldKey(name) === SIGNATURE_FIELD;
}
