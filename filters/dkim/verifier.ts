/**
 * Verifies the DKIM signatures of a message as it streams by (RFC 6376, RFC 8301, RFC 8463, RFC 8616).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, createVerify, type KeyObject, type Verify, verify } from "node:crypto";
import type { TxtAnswer, TxtResolver } from "../../lib/dns/resolver.ts";
import { latin1, trimFws } from "./bytes.ts";
import { type BodyDigest, BodyHasher } from "./body_hash.ts";
import { HeaderField, HeaderIndex } from "./header_selection.ts";
import { type DkimKey, type KeyProblem, MAX_RSA_BITS, parseKeyRecord } from "./key_record.ts";
import type { DkimResult, DkimStatus } from "./results.ts";
import { parseSignature, type Signature, type SignatureOutline } from "./signature.ts";

/** Settings of a {@link DkimVerifier}. */
export interface DkimVerifierOptions {
  /** Looks up the keys. Lookups have the resolver's deadline. */
  readonly resolver: TxtResolver;
  /** The time in seconds since 1970, against which t= and x= are held. */
  readonly now: () => number;
  /**
   * Signatures looked at, from the top; further ones get no result.
   * @default {10}
   */
  readonly maxSignatures?: number;
  /**
   * The smallest RSA key accepted, in bits, 512 to 4096; signatures by smaller ones are `policy`. RFC 8301
   * forbids less than the default.
   * @default {1024}
   */
  readonly minKeyBits?: number;
  /**
   * Bytes of header kept, each field counted as 32 at least; signatures in larger headers are `neutral`.
   * @default {1048576}
   */
  readonly maxHeaderBytes?: number;
  /**
   * Seconds by which the signer's clock may differ from ours.
   * @default {300}
   */
  readonly clockDrift?: number;
}

const SIGNATURE_FIELD = "dkim-signature";
const MIN_FIELD_COST = 32;
/** Records of one name that are looked at for a key. */
const MAX_KEY_RECORDS = 10;
const PREFIX_LENGTH = 8;
const MAX_PREFIX_LENGTH = 64;

/**
 * Verifies all signatures of one message.
 *
 * Call {@link header} for each field from the first to the last, {@link endOfHeaders}, {@link body} for each
 * piece of the body, and {@link finish}. What is given may be overwritten as soon as a call returns. The
 * body is hashed as it comes; of the header, nothing but hash states is kept beyond its end.
 *
 * @example
 * ```ts
 * import { parseRecordsFile } from "../../lib/dns/records_file.ts";
 * import { DkimVerifier } from "./verifier.ts";
 *
 * const resolver = parseRecordsFile("example.org NXDOMAIN");
 * const verifier = new DkimVerifier({ resolver, now: () => Date.now() / 1000 });
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * verifier.header(bytes("From"), bytes(" someone@example.org"));
 * verifier.endOfHeaders();
 * verifier.body(bytes("Hello\r\n"));
 * console.log((await verifier.finish()).length === 0); // true: the message is not signed
 * ```
 */
export class DkimVerifier {
  readonly #resolver: TxtResolver;
  readonly #now: () => number;
  readonly #maxSignatures: number;
  readonly #minKeyBits: number;
  readonly #maxHeaderBytes: number;
  readonly #clockDrift: number;
  readonly #hasher = new BodyHasher();
  readonly #wanted = new Set<BodyDigest>();
  #fields: HeaderField[] = [];
  #signatureFields: HeaderField[] = [];
  #ignored = 0;
  #headerBytes = 0;
  #checks: readonly Check[] = [];
  #stage: "header" | "body" | "finished" = "header";

  /** @throws {RangeError} if a limit is not a whole number, or `minKeyBits` is not 512 to 4096. */
  constructor(options: DkimVerifierOptions) {
    this.#resolver = options.resolver;
    this.#now = options.now;
    this.#maxSignatures = limit("maxSignatures", options.maxSignatures ?? 10, 1);
    this.#minKeyBits = limit("minKeyBits", options.minKeyBits ?? 1024, 512, MAX_RSA_BITS);
    this.#maxHeaderBytes = limit("maxHeaderBytes", options.maxHeaderBytes ?? 1_048_576, 0);
    this.#clockDrift = limit("clockDrift", options.clockDrift ?? 300, 0);
  }

  /** DKIM-Signature fields beyond `maxSignatures`, which get no result. */
  get ignoredSignatures(): number {
    return this.#ignored;
  }

  /**
   * False once further pieces of the body can change nothing: they need not be given. A signature with l=
   * wants the whole body, since the bytes which it does not cover are counted.
   */
  get wantsBody(): boolean {
    return this.#stage === "header" || (this.#stage === "body" && this.#wanted.size > 0);
  }

  /**
   * Takes a header field. It is copied.
   *
   * @param name The bytes before the colon.
   * @param value All bytes after the colon as they stand in the message, with the space that often follows it
   * and without the final line end; folded lines joined by CRLF or LF.
   * @throws {Error} if called after {@link endOfHeaders}.
   */
  header(name: Uint8Array, value: Uint8Array): void {
    this.#expect("header", "header");
    const signature = isSignatureField(name);
    if (signature && this.#signatureFields.length >= this.#maxSignatures) this.#ignored++;
    this.#headerBytes += Math.max(name.length + value.length + 3, MIN_FIELD_COST);
    if (this.#headerBytes > this.#maxHeaderBytes) {
      // Nothing can be verified any more; the signatures are still worth a result, the rest goes.
      this.#fields = [];
      if (signature && this.#signatureFields.length < this.#maxSignatures) {
        this.#signatureFields.push(new HeaderField(name, new Uint8Array(0)));
      }
      return;
    }
    const field = new HeaderField(name, value);
    this.#fields.push(field);
    if (signature && this.#signatureFields.length < this.#maxSignatures) this.#signatureFields.push(field);
  }

  /**
   * Ends the header: parses the signatures and starts all lookups of keys, which then overlap the body.
   *
   * @param signal Ends the lookups; signatures whose key is not there by then are `temperror`.
   * @throws {Error} if called twice.
   */
  endOfHeaders(signal?: AbortSignal): void {
    this.#expect("header", "endOfHeaders");
    this.#stage = "body";
    const tooLarge = this.#headerBytes > this.#maxHeaderBytes;
    const index = new HeaderIndex(this.#fields);
    const now = this.#now();
    this.#checks = this.#signatureFields.map((field) => {
      const { outline, result } = parseSignature(field.valueText);
      const check = new Check(outline);
      if (tooLarge) check.settle("neutral", "the header is too large");
      else if ("reason" in result) check.settle(result.status, result.reason);
      else this.#begin(check, result, field, index, now, signal);
      return check;
    });
    this.#fields = [];
    this.#signatureFields = [];
  }

  /**
   * Takes a piece of the body, cut anywhere. It is not kept.
   *
   * @throws {Error} if called before {@link endOfHeaders} or after {@link finish}.
   */
  body(chunk: Uint8Array): void {
    this.#expect("body", "body");
    if (this.#wanted.size > 0) this.#hasher.push(chunk, this.#wanted);
  }

  /**
   * Ends the body and waits for the keys.
   *
   * @returns One result for each signature, from the top; none for a message without signatures.
   * @throws {Error} (as a rejection) if called before {@link endOfHeaders} or twice.
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
    check: Check,
    signature: Signature,
    field: HeaderField,
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
    const digest = this.#hasher.digest(signature.bodyCanonicalization, signature.bodyLength);
    this.#wanted.add(digest);
    check.expectBody(signature, digest);
    const proof = proofOf(signature, index.signedBytes(signature, field));
    const name = `${signature.selector}._domainkey.${signature.domain}`;
    check.lookup = this.#lookUp(name, signal).then((answer) => {
      checkKey(check, signature, proof, answer, this.#minKeyBits);
      if (check.settled && !this.#checks.some((other) => !other.settled && other.digest === digest)) {
        this.#wanted.delete(digest);
      }
    });
  }

  async #lookUp(name: string, signal: AbortSignal | undefined): Promise<TxtAnswer | undefined> {
    try {
      return await this.#resolver.resolveTxt(name, signal);
    } catch {
      return undefined; // aborted, or a resolver that broke: in both cases the key is not known
    }
  }
}

/** One signature on its way to a result. */
class Check {
  readonly outline: SignatureOutline;
  lookup: Promise<void> = Promise.resolve();
  key: DkimKey | undefined;
  signature: Signature | undefined;
  digest: BodyDigest | undefined;
  status: DkimStatus | undefined;
  reason: string | undefined;
  unsignedBodyBytes: number | undefined;

  constructor(outline: SignatureOutline) {
    this.outline = outline;
  }

  get settled(): boolean {
    return this.status !== undefined;
  }

  settle(status: DkimStatus, reason?: string): void {
    this.status = status;
    this.reason = reason;
  }

  expectBody(signature: Signature, digest: BodyDigest): void {
    this.signature = signature;
    this.digest = digest;
  }

  /** Compares the body with bh=, if nothing else has failed before. */
  settleBody(): void {
    const { signature, digest } = this;
    if (this.settled || signature === undefined || digest === undefined) return;
    const length = signature.bodyLength;
    if (length !== undefined && length > digest.bodyLength) {
      return this.settle("fail", "the body is shorter than l=");
    }
    if (length !== undefined && length < digest.bodyLength) {
      this.unsignedBodyBytes = digest.bodyLength - length;
    }
    if (Buffer.compare(digest.hash, signature.bodyHash) === 0) this.settle("pass");
    else this.settle("fail", "the body hash did not verify");
  }
}

/** Hashes the signed header at once, so that it need not be kept until the key is there. */
function proofOf(signature: Signature, signedBytes: Uint8Array): Verify | Uint8Array {
  if (signature.algorithm === "rsa-sha256") return createVerify("RSA-SHA256").update(signedBytes);
  return createHash("sha256").update(signedBytes).digest(); // RFC 8463: Ed25519 signs the hash
}

function checkKey(
  check: Check,
  signature: Signature,
  proof: Verify | Uint8Array,
  answer: TxtAnswer | undefined,
  minKeyBits: number,
): void {
  if (answer === undefined) return check.settle("temperror", "the key lookup was given up");
  const key = keyOf(answer);
  if ("status" in key) return check.settle(key.status, key.reason);
  check.key = key;
  if (!signature.algorithm.startsWith(key.type + "-")) {
    return check.settle("permerror", "the key is of another type than the signature");
  }
  if (key.strict && signature.identityDomain !== signature.domain) {
    return check.settle("permerror", "the key does not allow i= below d=");
  }
  if (key.type === "rsa" && key.bits < minKeyBits) return check.settle("policy", "the key is too short");
  if (key.publicKey === undefined) return check.settle("policy", "the key is too long");
  if (!isProven(proof, key.publicKey, signature.signature)) {
    check.settle("fail", "the signature did not verify");
  }
}

function isProven(proof: Verify | Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return proof instanceof Uint8Array ? verify(null, proof, key, signature) : proof.verify(key, signature);
  } catch {
    return false; // a runtime may throw for a signature whose size does not fit the key
  }
}

interface LookupProblem {
  readonly status: "temperror" | "permerror";
  readonly reason: string;
}

/** Imported keys, kept as long as the resolver keeps the answer they come from. */
const keys = new WeakMap<TxtAnswer, DkimKey | LookupProblem>();

function keyOf(answer: TxtAnswer): DkimKey | LookupProblem {
  let key = keys.get(answer);
  if (key === undefined) {
    key = importKey(answer);
    keys.set(answer, key);
  }
  return key;
}

function importKey(answer: TxtAnswer): DkimKey | LookupProblem {
  if (answer.status === "nxdomain" || answer.status === "nodata") {
    return { status: "permerror", reason: "there is no key" };
  }
  if (answer.status !== "found") {
    return { status: "temperror", reason: `the key lookup failed (${answer.status})` };
  }
  let first: KeyProblem | undefined;
  for (const record of answer.records.slice(0, MAX_KEY_RECORDS)) {
    const key = parseKeyRecord(record);
    if (!("problem" in key)) return key;
    first ??= key;
  }
  return { status: "permerror", reason: first?.problem ?? "there is no key" };
}

function reportOf(checks: readonly Check[]): readonly DkimResult[] {
  const texts = checks.map((check) => check.outline.signatureText);
  return checks.map((check) => ({
    status: check.status ?? "neutral",
    reason: check.reason,
    domain: check.outline.domain,
    identity: check.outline.identity,
    selector: check.outline.selector,
    algorithm: check.outline.algorithm,
    signaturePrefix: uniquePrefix(check.outline.signatureText, texts),
    testing: check.key?.testing ?? false,
    keyBits: check.key?.bits,
    unsignedBodyBytes: check.unsignedBodyBytes,
  }));
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
  if (name.length < SIGNATURE_FIELD.length) return false;
  return trimFws(latin1(name)).toLowerCase() === SIGNATURE_FIELD;
}

function limit(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`Cannot use ${value} for ${name}: a whole number from ${min} to ${max} is needed`);
  }
  return value;
}
