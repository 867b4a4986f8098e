/**
 * Gives each filter its own part of a shared store, and makes valid keys from any text.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import { checkKey } from "./checks.ts";
import type { LifeFrom, Rate, Store, Taken } from "./store.ts";

/** The longest key that is kept unhashed, in UTF-16 units. */
const LONGEST = 256;

/** How keys are kept. */
export interface KeyRules {
  /** Whether to keep only hashes of keys, for a store that others can read. @default only of long ones */
  readonly hashed?: boolean;
  /**
   * The secret for the hashes, so that nobody else can find out which address a hash belongs to. @default none: plain
   * SHA-256
   */
  readonly secret?: Uint8Array | undefined;
}

/** The parts of a key of a shared store. */
export interface KeyParts {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** The store's name. */
  readonly name: string;
  /** The key; if it is hashed, the hash, 64 hexadecimal digits. */
  readonly key: string;
  /** Whether it is hashed. */
  readonly hashed: boolean;
}

/**
 * Returns a filter's part of a store.
 *
 * @param backend the store that all filters share
 * @param filter the filter's name, or its label
 * @param name the name of its store
 * @param rules how keys are kept
 */
export function storeFor(backend: Store, filter: string, name: string, rules: KeyRules = {}): Store {
  return new NamedStore(backend, (key) => fullKey(filter, name, key, rules));
}

/**
 * Returns the key of a filter's entry in a shared store: `FILTER NUL NAME NUL =KEY`, or with `#` and the hash of the key.
 *
 * @param filter the filter's name, or its label
 * @param name the name of its store
 * @param key the filter's key
 * @param rules how keys are kept
 */
export function fullKey(filter: string, name: string, key: string, rules: KeyRules = {}): string {
  const isHashed = key.length > LONGEST || !key.isWellFormed();
  return sharedKey(`${filter}\0${name}\0${isHashed ? `#${hashOf(key, undefined)}` : `=${key}`}`, rules);
}

/**
 * Converts a key that {@linkcode fullKey} made without rules to a key for a store that others can read.
 *
 * @param full the key
 * @param rules how keys are kept
 */
export function sharedKey(full: string, { hashed = false, secret }: KeyRules): string {
  const parts = hashed ? keyParts(full) : undefined;
  return parts ? `${parts.filter}\0${parts.name}\0#${hashOf(parts.key, secret)}` : full;
}

/** Returns a store that keeps hashes instead of keys, see {@linkcode sharedKey}. */
export function hashedStore(backend: Store, rules: KeyRules): Store {
  return rules.hashed ? new NamedStore(backend, (key) => sharedKey(key, rules)) : backend;
}

/**
 * Splits a key of a shared store into its parts.
 *
 * @returns undefined if {@linkcode fullKey} has not made it
 */
export function keyParts(full: string): KeyParts | undefined {
  const [, filter, name, sign, key] = /^([^\0]*)\0([^\0]*)\0([=#])(.*)$/s.exec(full) ?? [];
  if (filter === undefined || name === undefined || key === undefined) return undefined;
  return { filter, name, key, hashed: sign === "#" };
}

/** Hashes the UTF-16 units, which distinguish any two texts: in UTF-8, all lone surrogates are the same. */
function hashOf(key: string, secret: Uint8Array | undefined): string {
  const hash = secret ? createHmac("sha256", secret) : createHash("sha256");
  return hash.update(key, "utf16le").digest("hex");
}

class NamedStore implements Store {
  readonly #backend: Store;
  readonly #keyOf: (key: string) => string;

  constructor(backend: Store, keyOf: (key: string) => string) {
    this.#backend = backend;
    this.#keyOf = keyOf;
  }

  get isAway(): boolean | undefined {
    return this.#backend.isAway;
  }

  async get(key: string): Promise<string | undefined> {
    return await this.#backend.get(this.#key(key));
  }

  async set(key: string, value: string, life: number): Promise<void> {
    await this.#backend.set(this.#key(key), value, life);
  }

  async delete(key: string): Promise<void> {
    await this.#backend.delete(this.#key(key));
  }

  async seen(key: string, life: number, from?: LifeFrom): Promise<number | undefined> {
    return await this.#backend.seen(this.#key(key), life, from);
  }

  async take(key: string, rate: Rate, amount?: number): Promise<Taken> {
    return await this.#backend.take(this.#key(key), rate, amount);
  }

  #key(key: string): string {
    checkKey(key);
    return this.#keyOf(key);
  }
}
