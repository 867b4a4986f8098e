/**
 * Hashes the body once for all signatures of a message.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { type BodyCanonicalizer, createBodyCanonicalizer } from "./canonicalization.ts";
import type { Canonicalization, HashName } from "./signature.ts";

/** The hash of the canonicalized body or of its first bytes; shared by the signatures that need the same one. */
export interface BodyDigest {
  /** The hash; valid after {@link BodyHasher.end}. */
  readonly hash: Uint8Array;
  /** Bytes of the whole canonicalized body; valid after {@link BodyHasher.end}. */
  readonly bodyLength: number;
}

/** Canonicalizes the body once for each form in use and hashes it once for each length and function in use. */
export class BodyHasher {
  readonly #forms = new Map<Canonicalization, Form>();

  /**
   * Prepares a digest. Call it before the first chunk of the body.
   *
   * @param length how many bytes of the canonicalized body to hash (l=); undefined for all
   */
  digest(form: Canonicalization, length: number | undefined, hash: HashName = "sha256"): BodyDigest {
    let entry = this.#forms.get(form);
    if (entry === undefined) {
      entry = new Form(form);
      this.#forms.set(form, entry);
    }
    return entry.digest(length ?? Infinity, hash);
  }

  /**
   * Takes the next chunk of the body. It is not kept after the call.
   *
   * @param wanted the digests that are still needed; a form that none of them uses is not computed any further
   */
  push(chunk: Uint8Array, wanted: ReadonlySet<BodyDigest>): void {
    for (const form of this.#forms.values()) form.push(chunk, wanted);
  }

  /** Ends the body. */
  end(): void {
    for (const form of this.#forms.values()) form.end();
  }
}

class Form {
  readonly #canonicalizer: BodyCanonicalizer;
  readonly #digests: LimitedDigest[] = [];
  #length = 0;

  constructor(form: Canonicalization) {
    this.#canonicalizer = createBodyCanonicalizer(form, (bytes) => {
      this.#length += bytes.length;
      for (const digest of this.#digests) digest.update(bytes);
    });
  }

  digest(length: number, hash: HashName): BodyDigest {
    let digest = this.#digests.find((other) => other.limit === length && other.hashName === hash);
    if (digest === undefined) {
      digest = new LimitedDigest(length, hash);
      this.#digests.push(digest);
    }
    return digest;
  }

  push(chunk: Uint8Array, wanted: ReadonlySet<BodyDigest>): void {
    for (const digest of this.#digests) {
      if (wanted.has(digest)) return this.#canonicalizer.push(chunk);
    }
  }

  end(): void {
    this.#canonicalizer.end();
    for (const digest of this.#digests) digest.end(this.#length);
  }
}

class LimitedDigest implements BodyDigest {
  readonly limit: number;
  readonly hashName: HashName;
  readonly #hasher: Hash;
  #remaining: number;
  hash: Uint8Array = new Uint8Array(0);
  bodyLength = 0;

  constructor(limit: number, hash: HashName) {
    this.limit = limit;
    this.hashName = hash;
    this.#hasher = createHash(hash);
    this.#remaining = limit;
  }

  update(bytes: Uint8Array): void {
    if (this.#remaining === 0) return;
    const taken = bytes.length > this.#remaining ? bytes.subarray(0, this.#remaining) : bytes;
    this.#remaining -= taken.length;
    this.#hasher.update(taken);
  }

  end(bodyLength: number): void {
    this.hash = this.#hasher.digest();
    this.bodyLength = bodyLength;
  }
}
