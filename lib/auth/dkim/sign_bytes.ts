/**
 * Makes the signatures themselves.
 *
 * @module
 */
import { createHash, sign } from "node:crypto";
import type { DkimPrivateKey } from "./private_key.ts";

/** The signature of canonicalized bytes: what `b=` has, decoded. */
export function signBytes(bytes: Uint8Array, { type, privateKey }: DkimPrivateKey): Uint8Array {
  // RFC 8463: Ed25519 signs the hash.
  return type === "rsa"
    ? sign("sha256", bytes, privateKey)
    : sign(null, createHash("sha256").update(bytes).digest(), privateKey);
}
