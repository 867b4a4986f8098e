/**
 * Checks one signature, step by step.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, createVerify, type KeyObject, verify } from "node:crypto";
import type { TxtAnswer } from "../../dns/resolver.ts";
import type { BodyDigest } from "./body_hash.ts";
import type { SignedHeader } from "./header_selection.ts";
import { keysOf } from "./key_lookup.ts";
import type { DkimKey } from "./key_record.ts";
import type { DkimResult, DkimStatus } from "./results.ts";
import type { Signature, SignatureOutline } from "./signature.ts";

/** The rules that a signature must satisfy in addition to being valid. */
export interface CheckRules {
  readonly minKeyBits: number;
  readonly refuseUnsignedBody: boolean;
}

/** The outcome of checking a signature with a key: no fault, or which. */
interface KeyVerdict {
  readonly key: DkimKey;
  readonly fault: { readonly status: DkimStatus; readonly reason: string } | undefined;
}

/** The statuses of {@link KeyVerdict}, those that tell more about the message first. */
const TELLING: readonly (DkimStatus | undefined)[] = [undefined, "fail", "policy", "permerror"];

/** Judges a signature in steps; the first that finds fault decides. */
export class SignatureCheck {
  /** What is known about the signature from the start. */
  readonly outline: SignatureOutline;
  /** The hash of the body that it waits for; undefined if it waits for none. */
  digest: BodyDigest | undefined;
  /** Settled once the key has been checked. */
  lookup: Promise<void> | undefined;
  readonly #rules: CheckRules;
  #signature: Signature | undefined;
  /** Kept until the keys are available. */
  #header: SignedHeader | undefined;
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

  /** Whether the result is final. */
  get settled(): boolean {
    return this.#status !== undefined;
  }

  /** Sets the result; call it only before the check is settled. */
  settle(status: DkimStatus, reason?: string): void {
    this.#status = status;
    this.#reason = reason;
    this.#header = undefined;
  }

  /** Takes the header, which is kept until the keys are available, since each key may need its own hash. */
  begin(signature: Signature, header: SignedHeader, digest: BodyDigest): void {
    this.#signature = signature;
    this.#uncovered = header.uncovered;
    this.digest = digest;
    this.#header = header;
  }

  /**
   * Checks the signature with the keys in a DNS answer; undefined if the lookup was aborted. One key that verifies it is
   * enough; otherwise the most informative fault is the result.
   */
  judgeKeys(answer: TxtAnswer | undefined): void {
    if (answer === undefined) return this.settle("temperror", "the key lookup was given up");
    const keys = keysOf(answer);
    if ("status" in keys) {
      this.#keyAbsent = keys.absent;
      return this.settle(keys.status, keys.reason);
    }
    const header = this.#header!.bytes();
    let best: KeyVerdict | undefined;
    for (const key of keys) {
      const verdict: KeyVerdict = { key, fault: this.#faultWith(key, header) };
      if (best === undefined || rank(verdict) < rank(best)) best = verdict;
      if (verdict.fault === undefined) break;
    }
    const { key, fault } = best!;
    this.#key = key;
    this.#header = undefined;
    if (fault !== undefined) this.settle(fault.status, fault.reason);
  }

  #faultWith(key: DkimKey, header: Uint8Array): KeyVerdict["fault"] {
    const signature = this.#signature!;
    if (!signature.algorithm.startsWith(key.type + "-")) {
      return { status: "permerror", reason: "the key is of another type than the signature" };
    }
    if (key.hashes !== undefined && !key.hashes.includes(signature.hash)) {
      return { status: "permerror", reason: `the key is not for SHA-${signature.hash.slice(3)}` };
    }
    if (key.strict && signature.identityDomain !== signature.domain) {
      return { status: "permerror", reason: "the key does not allow i= below d=" };
    }
    if (key.type === "rsa" && key.bits < this.#rules.minKeyBits) {
      return { status: "policy", reason: "the key is too short" };
    }
    if (key.publicKey === undefined) return { status: "policy", reason: "the key is too long" };
    if (!isProven(signature, header, key.publicKey)) {
      return { status: "fail", reason: "the signature did not verify" };
    }
    return undefined;
  }

  /** Compares the body with bh= and checks for unsigned parts, if nothing has failed before. */
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

  /** @param prefix the part of b= to report */
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

function rank({ fault }: KeyVerdict): number {
  return TELLING.indexOf(fault?.status);
}

function isProven({ algorithm, hash, signature }: Signature, header: Uint8Array, key: KeyObject): boolean {
  try {
    if (algorithm === "ed25519-sha256") {
      // RFC 8463: Ed25519 signs the hash.
      return verify(null, createHash("sha256").update(header).digest(), key, signature);
    }
    return createVerify(`RSA-${hash.toUpperCase()}`).update(header).verify(key, signature);
  } catch {
    return false; // a runtime may throw for a signature whose size does not fit the key
  }
}

/** `reply-to` as `Reply-To`. */
function fieldName(key: string): string {
  return key.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
