/**
 * Reads and makes the private keys that sign.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { promisify } from "node:util";
import { decodeBase64, latin1, trimFws } from "../bytes.ts";
import { INTEGER, OCTET_STRING, readAlgorithm, readElement, RSA_ENCRYPTION, SEQUENCE } from "./der.ts";
import { wholeNumber } from "../whole_number.ts";
import { MAX_RSA_BITS } from "./key_record.ts";
import { pemBlocks } from "./pem.ts";
import { parseRsaPrivateKey, parseRsaPublicKey } from "./rsa_key.ts";

/** The smallest RSA key that signs: RFC 8301 forbids verifiers to accept less. */
export const MIN_SIGNING_BITS = 1024;

/** A key that signs. */
export interface DkimPrivateKey {
  readonly type: "rsa" | "ed25519";
  /** Size in bits: of the modulus for RSA, 1024 to 4096; 256 for Ed25519. */
  readonly bits: number;
  /** A `KeyObject` of `node:crypto`, whose type a program without Node's types does not have. */
  readonly privateKey: object;
  /** What the key record has in `p=`: SubjectPublicKeyInfo in DER for RSA, the 32 bytes of the key for Ed25519. */
  readonly publicKey: Uint8Array;
}

/** A text has no private key that can sign. The message is one clause about the key, to follow the name of its file. */
export class DkimKeyError extends Error {
  /** Always `DkimKeyError`. */
  override readonly name = "DkimKeyError";
  /** Always `invalid-dkim-key`. */
  readonly code = "invalid-dkim-key";
  /** What was found: a size in bits, a kind of key, a number of keys. Never a part of the text, which may be a key. */
  readonly value: unknown;

  /**
   * Makes an error about a key.
   *
   * @param problem what is wrong, and what to do
   * @param value what was found, without a part of the key
   */
  constructor(problem: string, value: unknown) {
    super(problem);
    this.value = value;
  }
}

const ED25519 = "2b6570";
/** Kinds of keys that DKIM does not know, by object identifier. */
const OTHER_KINDS: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d01010a", "RSA-PSS"],
  ["2a8648ce3d0201", "ECDSA"],
  ["2a8648ce380401", "DSA"],
  ["2b656e", "X25519"],
  ["2b656f", "X448"],
  ["2b6571", "Ed448"],
]);
/** Labels of PEM blocks whose kind is clear without reading them. */
const OTHER_LABELS: ReadonlyMap<string, string> = new Map([
  ["EC PRIVATE KEY", "ECDSA"],
  ["DSA PRIVATE KEY", "DSA"],
  ["OPENSSH PRIVATE KEY", "OpenSSH"],
]);
/** PKCS#8 of an Ed25519 key up to its seed (RFC 8410 section 7). */
const SEED_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_LENGTH = 32;
/** SubjectPublicKeyInfo of an Ed25519 key ends with the key. */
const ED25519_LENGTH = 32;

/**
 * Reads a private key: PEM with PKCS#1 or PKCS#8, RSA of 1024 to 4096 bits or Ed25519, or the base64 text of an Ed25519 seed
 * of 32 bytes, as dkimpy writes it.
 *
 * Line ends may be CRLF or LF, and the last may be missing. Text around the PEM block, certificates and public keys are
 * skipped, as OpenSSL does. The key is tried: it must make a signature that its public key verifies.
 *
 * @param text the content of a file
 * @throws {DkimKeyError} if there is no private key, more than one, an encrypted one, one of another kind or size, or one
 * that does not work
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDkimPrivateKey } from "../../auth.ts";
 *
 * const key = parseDkimPrivateKey("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n");
 * assert.equal(key.type, "ed25519");
 * assert.throws(() => parseDkimPrivateKey("hello"), { code: "invalid-dkim-key" });
 * ```
 */
export function parseDkimPrivateKey(text: Uint8Array | string): DkimPrivateKey {
  const source = typeof text === "string" ? text : latin1(text);
  const blocks = pemBlocks(source);
  if (blocks.length === 0) return fromText(source);
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [block] = keys;
  if (block === undefined) {
    const { label = "" } = blocks[0] ?? {};
    throw label.endsWith("PUBLIC KEY")
      ? new DkimKeyError("it is a public key; signing needs the private one", "public")
      : new DkimKeyError("it has no private key; the block needed begins -----BEGIN PRIVATE KEY-----", label);
  }
  if (keys.length > 1) {
    throw new DkimKeyError(
      `it has ${keys.length} private keys; put each into a file of its own`,
      keys.length,
    );
  }
  if (block.label.startsWith("ENCRYPTED") || /^Proc-Type:.*ENCRYPTED/m.test(block.content)) {
    throw new DkimKeyError("it is encrypted; decrypt it with `openssl pkey -in FILE -out NEW`", "encrypted");
  }
  const kind = OTHER_LABELS.get(block.label);
  if (kind !== undefined) throw otherKind(kind);
  const der = decodeBase64(block.content);
  if (der === undefined || der.length === 0) {
    throw new DkimKeyError("it is damaged: what is between BEGIN and END is not base64", "damaged");
  }
  return block.label === "RSA PRIVATE KEY" ? fromPkcs1(der) : fromPkcs8(der);
}

/**
 * Makes a private key without blocking; RSA with 4096 bits takes seconds.
 *
 * @param bits the size of an RSA key, 1024 to 4096; Ed25519 keys have one size
 * @returns the key, and its text in PKCS#8 PEM
 * @throws {RangeError} (as a rejection) if the size is out of bounds
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dkimKeyRecord, generateDkimKey } from "../../auth.ts";
 *
 * const { key, pem } = await generateDkimKey("ed25519");
 * assert.match(pem, /^-----BEGIN PRIVATE KEY-----/);
 * assert.match(dkimKeyRecord(key), /^v=DKIM1; k=ed25519; p=/);
 * ```
 */
export async function generateDkimKey(
  type: "rsa" | "ed25519",
  bits: number = 2048,
): Promise<{ readonly key: DkimPrivateKey; readonly pem: string }> {
  const { privateKey } = type === "rsa"
    ? await promisify(generateKeyPair)("rsa", {
      modulusLength: wholeNumber("bits", bits, MIN_SIGNING_BITS, MAX_RSA_BITS),
    })
    : await promisify(generateKeyPair)("ed25519", undefined);
  return { key: withPublicKey(privateKey), pem: String(privateKey.export({ type: "pkcs8", format: "pem" })) };
}

function fromText(text: string): DkimPrivateKey {
  if (trimFws(text) === "") throw new DkimKeyError("it is empty", "empty");
  const seed = decodeBase64(text);
  if (seed?.length === SEED_LENGTH) return fromSeed(seed);
  throw text.includes("-----BEGIN ")
    ? new DkimKeyError("its PEM block has no end: the file is cut off or damaged", "damaged")
    : new DkimKeyError("it has no key: neither PEM nor the base64 text of 32 bytes", "no key");
}

function fromSeed(seed: Uint8Array): DkimPrivateKey {
  return imported(Buffer.concat([SEED_PREFIX, seed]), "pkcs8");
}

function fromPkcs1(der: Uint8Array): DkimPrivateKey {
  checkSize(der);
  return imported(der, "pkcs1");
}

function fromPkcs8(der: Uint8Array): DkimPrivateKey {
  const outer = readElement(der, 0, SEQUENCE);
  const version = outer && readElement(outer.content, 0, INTEGER);
  const algorithm = outer && version && readAlgorithm(outer.content, version.next);
  const inside = outer && algorithm && readElement(outer.content, algorithm.next, OCTET_STRING);
  if (algorithm === undefined || inside === undefined) throw damaged();
  if (algorithm.oid === RSA_ENCRYPTION) {
    checkSize(inside.content);
    return imported(der, "pkcs8");
  }
  if (algorithm.oid !== ED25519) throw otherKind(OTHER_KINDS.get(algorithm.oid) ?? "unknown");
  // The runtimes refuse what RFC 5958 lets follow the seed, such as the public key.
  const seed = readElement(inside.content, 0, OCTET_STRING)?.content;
  if (seed?.length !== SEED_LENGTH) throw damaged();
  return fromSeed(seed);
}

function imported(der: Uint8Array, type: "pkcs1" | "pkcs8"): DkimPrivateKey {
  try {
    return withPublicKey(createPrivateKey({ key: Buffer.from(der), format: "der", type }));
  } catch {
    throw damaged();
  }
}

function withPublicKey(privateKey: KeyObject): DkimPrivateKey {
  const type = privateKey.asymmetricKeyType;
  if (type !== "rsa" && type !== "ed25519") throw damaged();
  const publicKey = createPublicKey(privateKey);
  if (!works(privateKey, publicKey)) throw damaged();
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return {
    type,
    bits: parseRsaPublicKey(der)?.bits ?? 256,
    privateKey,
    publicKey: type === "rsa" ? der : der.slice(-ED25519_LENGTH),
  };
}

/** Checks the size before the import: the runtimes refuse some sizes with errors that do not say so. */
function checkSize(der: Uint8Array): void {
  const bits = parseRsaPrivateKey(der)?.bits;
  if (bits === undefined) throw damaged();
  if (bits < MIN_SIGNING_BITS) {
    throw new DkimKeyError(
      `it has ${bits} bits; verifiers refuse less than ${MIN_SIGNING_BITS}, use 2048`,
      bits,
    );
  }
  if (bits > MAX_RSA_BITS) {
    throw new DkimKeyError(`it has ${bits} bits; verifiers need not accept more than ${MAX_RSA_BITS}`, bits);
  }
}

/** Tries the key: a text with mismatched numbers parses too, and not every runtime checks them. */
function works(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const hash = privateKey.asymmetricKeyType === "rsa" ? "sha256" : null;
  const data = new Uint8Array(32);
  try {
    return verify(hash, data, publicKey, sign(hash, data, privateKey));
  } catch {
    return false;
  }
}

function damaged(): DkimKeyError {
  return new DkimKeyError("it is damaged: there is no working key in it", "damaged");
}

function otherKind(kind: string): DkimKeyError {
  return new DkimKeyError(`it is a key of another kind (${kind}); DKIM has RSA and Ed25519`, kind);
}
