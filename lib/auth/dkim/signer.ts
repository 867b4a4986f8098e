/**
 * Signs a message while it is received (RFC 6376, RFC 8301, RFC 8463).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { MAX_DELIVERED_FIELD } from "../../message/fold.ts";
import { type BodyDigest, BodyHasher } from "./body_hash.ts";
import { fieldKey, HeaderIndex, SignableField } from "./header_selection.ts";
import { signBytes } from "./sign_bytes.ts";
import { DkimSigningError } from "./signing_error.ts";
import {
  type DkimSigningKey,
  type DkimSigningOptions,
  type SigningPlan,
  signingPlan,
} from "./signing_options.ts";
import { SIGNATURE_NAME, writeSigned, writeUnsigned } from "./write_signature.ts";

/** A signature to add to a message. */
export interface DkimSignature {
  /** d=, in lower case ASCII. */
  readonly domain: string;
  /** s=, in lower case ASCII. */
  readonly selector: string;
  /** a=. */
  readonly algorithm: "rsa-sha256" | "ed25519-sha256";
  /** What follows `DKIM-Signature: ` in the message: ASCII, folded with CRLF and a tab, without a line end at the end. */
  readonly value: string;
}

const NAME_BYTES = Buffer.from(SIGNATURE_NAME, "latin1");
/** Room that the rest of a signature takes beside the names of h=: long domains, the longest RSA signature, and folds. */
const ROOM_BESIDE_NAMES = 6000;

/**
 * Signs one message with one or more keys. The body is hashed once for all of them.
 *
 * Call {@link header} for each field from the first to the last, {@link endOfHeaders}, {@link body} for each chunk of the
 * body, and {@link finish}. You may overwrite the bytes as soon as a call returns. The body is hashed as it arrives; only
 * the fields to sign are kept. For a complete message, use `signDkim`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DkimSigner, parseDkimPrivateKey } from "../../auth.ts";
 *
 * const key = parseDkimPrivateKey("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const now = () => Date.now() / 1000;
 * const signer = new DkimSigner([{ domain: "example.org", selector: "2026", key }], { now });
 * signer.header(bytes("From"), bytes(" joe@example.org"));
 * signer.endOfHeaders();
 * signer.body(bytes("Hello\r\n"));
 * const [signature] = signer.finish();
 * assert.match(signature?.value ?? "", /^v=1; a=ed25519-sha256; c=relaxed\/relaxed; d=example.org;/);
 * ```
 */
export class DkimSigner {
  readonly #plan: SigningPlan;
  readonly #hasher = new BodyHasher();
  readonly #digest: BodyDigest;
  readonly #wanted: ReadonlySet<BodyDigest>;
  #fields: SignableField[] = [];
  #headerNames: readonly string[] = [];
  #headerBytes = 0;
  #stage: "header" | "body" | "finished" = "header";

  /**
   * Makes a signer for one message.
   *
   * @param keys the keys, at least one; the signatures of RSA keys come first
   * @param options the time, what is signed and how
   * @throws {DkimSigningError} if a key's domain, selector or identity, or an option, cannot be used
   * @throws {RangeError} if a number is out of bounds
   */
  constructor(keys: readonly DkimSigningKey[], options: DkimSigningOptions) {
    this.#plan = signingPlan(keys, options);
    this.#digest = this.#hasher.digest(this.#plan.body, undefined);
    this.#wanted = new Set([this.#digest]);
  }

  /**
   * Takes a header field. It is copied if it is to be signed.
   *
   * @param name the bytes before the colon
   * @param value all bytes after the colon as in the message, with the space that often follows it and without the final
   * line end; CRLF or LF between folded lines
   * @throws {Error} if called after {@link endOfHeaders}
   */
  header(name: Uint8Array, value: Uint8Array): void {
    this.#expect("header", "header");
    const key = fieldKey(name);
    if (!this.#plan.headers.has(key) && !this.#plan.oversign.has(key)) return;
    this.#headerBytes += name.length + value.length + 3;
    if (this.#headerBytes > this.#plan.maxHeaderBytes) this.#fields = [];
    else this.#fields.push(new SignableField(name, value, key));
  }

  /**
   * Ends the header.
   *
   * @throws {DkimSigningError} `no-from`, `header-too-large` or `signature-too-large` if the message cannot be signed
   * @throws {Error} if called twice
   */
  endOfHeaders(): void {
    this.#expect("header", "endOfHeaders");
    this.#stage = "finished";
    const { maxHeaderBytes, oversign } = this.#plan;
    if (this.#headerBytes > maxHeaderBytes) {
      const message =
        `Cannot sign: the fields to sign have ${this.#headerBytes} bytes, more than ${maxHeaderBytes}`;
      throw new DkimSigningError("header-too-large", message, this.#headerBytes);
    }
    if (!this.#fields.some(({ key }) => key === "from")) {
      throw new DkimSigningError("no-from", "Cannot sign: the message has no From", 0);
    }
    this.#headerNames = [...this.#fields.map(({ nameText }) => nameText), ...oversign.values()];
    const length = this.#headerNames.reduce((sum, name) => sum + name.length + 1, 0);
    if (length + ROOM_BESIDE_NAMES > MAX_DELIVERED_FIELD) {
      const message =
        `Cannot sign: the names of the ${this.#headerNames.length} fields to sign have ${length} bytes`;
      throw new DkimSigningError("signature-too-large", message, length);
    }
    this.#stage = "body";
  }

  /**
   * Takes a chunk of the body, split anywhere. It is not kept.
   *
   * @throws {Error} if called before {@link endOfHeaders} or after {@link finish}
   */
  body(chunk: Uint8Array): void {
    this.#expect("body", "body");
    this.#hasher.push(chunk, this.#wanted);
  }

  /**
   * Ends the body and signs.
   *
   * @returns one signature for each key, in the order in which they belong on top of the message: RSA first
   * @throws {Error} if called before {@link endOfHeaders} or twice
   */
  finish(): readonly DkimSignature[] {
    this.#expect("body", "finish");
    this.#stage = "finished";
    this.#hasher.end();
    const now = Math.floor(this.#plan.now());
    const index = new HeaderIndex(this.#fields);
    this.#fields = [];
    const keys = this.#headerNames.map((name) => name.toLowerCase());
    return this.#plan.keys.map((signing) => this.#sign(signing, index, keys, now));
  }

  #sign(
    { domain, selector, identity, key }: DkimSigningKey,
    index: HeaderIndex,
    headerNames: readonly string[],
    now: number,
  ): DkimSignature {
    const { header, body, timestamp, lifetime, bodyLength } = this.#plan;
    const algorithm = `${key.type}-sha256` as const;
    const unsigned = writeUnsigned({
      algorithm,
      header,
      body,
      domain,
      selector,
      identity,
      timestamp: timestamp ? now : undefined,
      expiration: lifetime === undefined ? undefined : now + lifetime,
      bodyLength: bodyLength ? this.#digest.bodyLength : undefined,
      headerNames: this.#headerNames,
      bodyHash: this.#digest.hash,
    });
    const value = Buffer.from(` ${unsigned}`, "latin1");
    const own = new SignableField(NAME_BYTES, value);
    const coverage = {
      headerCanonicalization: header,
      headerNames,
      signatureStart: value.length,
      signatureEnd: value.length,
    };
    const signature = signBytes(index.signedHeader(coverage, own).bytes(), key);
    return { domain, selector, algorithm, value: writeSigned(unsigned, signature) };
  }

  #expect(stage: "header" | "body", method: string): void {
    if (this.#stage !== stage) {
      throw new Error(`Cannot call ${method}() now: the order is header, endOfHeaders, body, finish`);
    }
  }
}
