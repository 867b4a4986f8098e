/**
 * One signature on its way to a result.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, createVerify, type KeyObject, type Verify, verify } from "node:crypto";
import type { TxtAnswer } from "../../lib/dns/resolver.ts";
import type { BodyDigest } from "./body_hash.ts";
import type { SignedHeader } from "./header_selection.ts";
import { keyOf } from "./key_lookup.ts";
import type { DkimKey } from "./key_record.ts";
import type { DkimResult, DkimStatus } from "./results.ts";
import type { Signature, SignatureOutline } from "./signature.ts";

/** What a signature is held against beside the message. */
export interface CheckRules {
  readonly minKeyBits: number;
  readonly refuseUnsignedBody: boolean;
}

/** Judges a signature in steps; the first that finds fault decides. */
export class SignatureCheck {
  /** What is known of the signature from the start. */
  readonly outline: SignatureOutline;
  /** The hash of the body that it waits for; undefined where it waits for none. */
  digest: BodyDigest | undefined;
  /** Settled when the key was judged. */
  lookup: Promise<void> | undefined;
  readonly #rules: CheckRules;
  #signature: Signature | undefined;
  #proof: Verify | Uint8Array | undefined;
  #uncovered: string | undefined;
  #key: DkimKey | undefined;
  #keyAbsent = false;
  #status: DkimStatus | undefined;
  #reason: string | undefined;
  #unsignedBodyBytes: number | undefined;

  constructor(outline: SignatureOutline, rules: CheckRules) {
    this.outline = outline;
    this.#rules = rules;
  }

  /** Whether nothing can change the result any more. */
  get settled(): boolean {
    return this.#status !== undefined;
  }

  /** Gives the result, at any time before another one is there. */
  settle(status: DkimStatus, reason?: string): void {
    this.#status = status;
    this.#reason = reason;
    this.#proof = undefined;
  }

  /** Takes the header, which is hashed at once, so that it need not be kept until the key is there. */
  begin(signature: Signature, header: SignedHeader, digest: BodyDigest): void {
    this.#signature = signature;
    this.#uncovered = header.uncovered;
    this.digest = digest;
    this.#proof = signature.algorithm === "ed25519-sha256"
      ? createHash("sha256").update(header.bytes).digest() // RFC 8463: Ed25519 signs the hash
      : createVerify(`RSA-${signature.hash.toUpperCase()}`).update(header.bytes);
  }

  /** Checks the signature with the key in an answer from DNS; undefined if the lookup was given up. */
  judgeKey(answer: TxtAnswer | undefined): void {
    const signature = this.#signature!;
    if (answer === undefined) return this.settle("temperror", "the key lookup was given up");
    const key = keyOf(answer);
    if ("status" in key) {
      this.#keyAbsent = key.absent;
      return this.settle(key.status, key.reason);
    }
    this.#key = key;
    if (!signature.algorithm.startsWith(key.type + "-")) {
      return this.settle("permerror", "the key is of another type than the signature");
    }
    if (key.hashes !== undefined && !key.hashes.includes(signature.hash)) {
      return this.settle("permerror", `the key is not for SHA-${signature.hash.slice(3)}`);
    }
    if (key.strict && signature.identityDomain !== signature.domain) {
      return this.settle("permerror", "the key does not allow i= below d=");
    }
    if (key.type === "rsa" && key.bits < this.#rules.minKeyBits) {
      return this.settle("policy", "the key is too short");
    }
    if (key.publicKey === undefined) return this.settle("policy", "the key is too long");
    if (!isProven(this.#proof!, key.publicKey, signature.signature)) {
      return this.settle("fail", "the signature did not verify");
    }
    this.#proof = undefined;
  }

  /** Compares the body with bh=, and looks at what is not signed, if nothing has failed before. */
  settleBody(): void {
    if (this.settled) return;
    const { bodyLength: length, bodyHash } = this.#signature!;
    const digest = this.digest!;
    if (length !== undefined && length > digest.bodyLength) {
      return this.settle("fail", "the body is shorter than l=");
    }
    if (length !== undefined && length < digest.bodyLength) {
      this.#unsignedBodyBytes = digest.bodyLength - length;
    }
    if (Buffer.compare(digest.hash, bodyHash) !== 0) {
      return this.settle("fail", "the body hash did not verify");
    }
    if (this.#uncovered !== undefined) {
      return this.settle("policy", `one more ${fieldName(this.#uncovered)} field is not signed`);
    }
    if (this.#rules.refuseUnsignedBody && this.#unsignedBodyBytes !== undefined) {
      return this.settle("policy", "a part of the body is not signed");
    }
    this.settle("pass");
  }

  /** @param prefix As much of b= as is to be reported. */
  result(prefix: string | undefined): DkimResult {
    return {
      status: this.#status ?? "neutral",
      reason: this.#reason,
      domain: this.outline.domain,
      identity: this.outline.identity,
      selector: this.outline.selector,
      algorithm: this.outline.algorithm,
      signaturePrefix: prefix,
      testing: this.#key?.testing ?? false,
      keyBits: this.#key?.bits,
      keyAbsent: this.#keyAbsent,
      unsignedBodyBytes: this.#unsignedBodyBytes,
    };
  }
}

function isProven(proof: Verify | Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return proof instanceof Uint8Array ? verify(null, proof, key, signature) : proof.verify(key, signature);
  } catch {
    return false; // a runtime may throw for a signature whose size does not fit the key
  }
}

/** `reply-to` as `Reply-To`. */
function fieldName(key: string): string {
  return key.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
