/**
 * Parses key records (RFC 6376 section 3.6.1, RFC 8463) and imports their keys.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { decodeBase64, trimFws } from "../bytes.ts";
import { parseRsaPublicKey } from "./rsa_key.ts";
import { parseTagList } from "../tag_list.ts";

/** The smallest RSA key that is imported, whatever a verifier accepts; far below what is safe. */
export const MIN_RSA_BITS = 512;
/** The largest RSA key that every runtime imports (RFC 8301 requires support up to it). */
export const MAX_RSA_BITS = 4096;
const ED25519_LENGTH = 32;

/** A key that signatures can be checked with. */
export interface DkimKey {
  readonly type: "rsa" | "ed25519";
  /** Undefined for an RSA key of a size that is not imported. */
  readonly publicKey: KeyObject | undefined;
  /** Size in bits: of the modulus for RSA, 256 for Ed25519. */
  readonly bits: number;
  /** t=y: the domain is testing DKIM. */
  readonly testing: boolean;
  /** t=s: the domain of i= must equal d=. */
  readonly strict: boolean;
  /** h=: the hash functions that the key is for, in lower case; undefined for all. */
  readonly hashes: readonly string[] | undefined;
}

/** Why a record has no usable key: always a permanent error. */
export interface KeyProblem {
  /** One short clause, without bytes of the record. */
  readonly problem: string;
  /** Whether the record has no key, or a revoked one: another record may have one. */
  readonly absent?: boolean;
}

/**
 * Parses the text of a key record and imports its key. `n=`, `g=` and unknown tags are ignored.
 *
 * Two forms are accepted that RFC 6376 section 3.6.1 does not allow: `v=DKIM1` after other tags, and a pair of quotation
 * marks around the value of `p=`, as happens if a record is quoted in a form that quotes it again. Only the domain can
 * publish them, the key is clear, and OpenDKIM, Mail::DKIM and dkimpy accept them: refusing would harm that domain's mail
 * and help nobody.
 *
 * @param text the TXT record's strings joined, one character per byte
 */
export function parseKeyRecord(text: string): DkimKey | KeyProblem {
  const tags = parseTagList(text);
  if ("problem" in tags) return { problem: "the key record is malformed" };
  const version = tags.get("v")?.value ?? "DKIM1";
  if (version !== "DKIM1") return { problem: "the key record has an unknown version" };
  const encoded = withoutQuotes(tags.get("p")?.value);
  if (encoded === undefined) return { problem: "the key record has no key", absent: true };
  if (encoded === "") return { problem: "the key is revoked", absent: true };
  const type = (tags.get("k")?.value ?? "rsa").toLowerCase();
  if (type !== "rsa" && type !== "ed25519") return { problem: "the key has an unknown type" };
  const hashes = tags.get("h");
  const services = listOf(tags.get("s")?.value ?? "*");
  if (!services.includes("*") && !services.includes("email")) return { problem: "the key is not for mail" };
  const flags = listOf(tags.get("t")?.value ?? "");
  const bytes = decodeBase64(encoded);
  const imported = bytes && (type === "rsa" ? importRsa(bytes) : importEd25519(bytes));
  if (imported === undefined) return { problem: "the key is malformed" };
  return {
    type,
    ...imported,
    testing: flags.includes("y"),
    strict: flags.includes("s"),
    hashes: hashes && listOf(hashes.value),
  };
}

/** The value without a pair of quotation marks around it; any other value unchanged. */
function withoutQuotes(value: string | undefined): string | undefined {
  return value !== undefined && /^"[^"]*"$/.test(value) ? trimFws(value.slice(1, -1)) : value;
}

function listOf(value: string): readonly string[] {
  return value.split(":").map((item) => trimFws(item).toLowerCase());
}

type Imported = { publicKey: KeyObject | undefined; bits: number };

function importRsa(der: Uint8Array): Imported | undefined {
  const key = parseRsaPublicKey(der);
  if (key === undefined) return undefined;
  if (key.bits < MIN_RSA_BITS || key.bits > MAX_RSA_BITS) return { publicKey: undefined, bits: key.bits };
  return importJwk({ kty: "RSA", n: base64url(key.modulus), e: base64url(key.exponent) }, key.bits);
}

function importEd25519(raw: Uint8Array): Imported | undefined {
  if (raw.length !== ED25519_LENGTH) return undefined;
  return importJwk({ kty: "OKP", crv: "Ed25519", x: base64url(raw) }, 256);
}

function importJwk(key: JsonWebKey, bits: number): Imported | undefined {
  try {
    return { publicKey: createPublicKey({ key, format: "jwk" }), bits };
  } catch {
    return undefined;
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}
