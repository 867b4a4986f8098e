/**
 * Makes the signatures themselves.
 *
 * @module
 */
import { createHash, type KeyObject, sign } from "node:crypto";
import type { DkimPrivateKey } from "./private_key.ts";

/** The signature of canonicalized bytes: what `b=` has, decoded. */
export function signBytes(bytes: Uint8Array, key: DkimPrivateKey): Uint8Array {
  const privateKey = key.privateKey as KeyObject;
  // RFC 8463: Ed25519 signs the hash.
  return key.type === "rsa"
    ? sign("sha256", bytes, privateKey)
    : sign(null, createHash("sha256").update(bytes).digest(), privateKey);
}
