/**
 * Compares the text of one key record with a private key.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { decodeBase64, trimFws, withoutFws } from "../../../lib/auth/bytes.ts";
import type { DkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { parseRsaPublicKey } from "../../../lib/auth/dkim/rsa_key.ts";
import { parseTagList } from "../../../lib/auth/tag_list.ts";
import type { KeyRecordProblem, KeyRecordProblemCode, RecordFinding } from "./findings.ts";
import { KEY_TYPE_NAMES } from "./key_names.ts";

/** What a comparison needs of a key. */
export type ComparedKey = Pick<DkimPrivateKey, "type" | "bits" | "publicKey">;

/** RFC 8301 section 3.2: signers should use at least this. */
const WANTED_BITS = 2048;
/** The bytes of DER before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 section 4). */
const ED25519_DER_HEADER = 12;
/** From this many equal characters on, a text is a damaged copy of another and not something else. */
const MIN_LIKENESS = 64;
/** All 2048-bit RSA keys begin with these characters of base64: they tell nothing about which key it is. */
const COMMON_START = 44;

/** The most characters of a value that are repeated. */
const MAX_SHOWN = 40;

const PUBLISH_AGAIN = "replace the record with the one that `milterkit dkim dns` prints";

/** Whether a TXT record is, or is meant to be, a key record. */
export function isMeantAsKey(text: string): boolean {
  return /v\s*=\s*DKIM1/i.test(text) || /(?:^|;)\s*"?p\s*=/.test(text);
}

/**
 * Compares.
 *
 * @param text the record, its strings joined
 * @param key the private key
 */
export function compareRecord(text: string, key: ComparedKey): RecordFinding {
  const problem = problemOf(text, key);
  if (problem !== undefined) return { result: "wrong", problem, warnings: [] };
  return { result: "right", warnings: warningsOf(text, key) };
}

function problemOf(text: string, key: ComparedKey): KeyRecordProblem | undefined {
  if (/["\\]/.test(text) && problemOf(text.replace(/["\\]/g, ""), key) === undefined) {
    return {
      code: "quotes",
      explanation: text.includes('"')
        ? "the text contains quotation marks, which do not belong to it: the DNS service added its own around them"
        : "the text contains backslashes, which do not belong to it: the DNS service does not want `;` escaped",
      advice: "enter the text without quotation marks and backslashes",
    };
  }
  const tags = parseTagList(text);
  if ("problem" in tags) {
    return problem("malformed", `the record is not a list of tags such as v=DKIM1; p=...: ${tags.problem}`);
  }
  const value = (name: string) => tags.get(name)?.value;
  const version = value("v") ?? "DKIM1";
  if (/^DKIM1\s/.test(version)) return problem("malformed", "there is no `;` after v=DKIM1");
  if (version !== "DKIM1") return problem("unknown-version", "v= is not DKIM1, the only version there is");
  const encoded = value("p");
  if (encoded === undefined) return problem("no-key", "the record has no p=, so it has no key");
  if (withoutFws(encoded) === "") {
    return {
      code: "revoked",
      explanation: "the key is revoked: p= is empty, which tells receivers not to accept signatures with it",
      advice: "sign with a new key under another selector: `milterkit dkim rotate` makes one",
    };
  }
  const keyProblem = keyProblemOf(encoded, value("k"), key);
  if (keyProblem !== undefined) return keyProblem;
  const hashes = listOf(value("h"));
  if (hashes !== undefined && !hashes.includes("sha256")) {
    return problem("wrong-hash", `h=${shown(hashes.join(":"))} does not allow SHA-256, which signatures use`);
  }
  const services = listOf(value("s"));
  if (services !== undefined && !services.includes("*") && !services.includes("email")) {
    return problem("wrong-service", `s=${shown(services.join(":"))} says that the key is not for mail`);
  }
  return undefined;
}

function keyProblemOf(
  encoded: string,
  k: string | undefined,
  key: ComparedKey,
): KeyRecordProblem | undefined {
  const stated = (k ?? "rsa").toLowerCase();
  const wanted = Buffer.from(key.publicKey).toString("base64");
  const published = withoutFws(encoded);
  const bytes = decodeBase64(published);
  if (bytes !== undefined && isSameKey(bytes, key)) {
    if (stated === key.type) return undefined;
    const said = k === undefined ? "there is no k=, which means k=rsa" : `it says k=${shown(k)}`;
    return problem(
      "wrong-type",
      `the key is right, but ${said}; the key is an ${KEY_TYPE_NAMES[key.type]} key`,
    );
  }
  if (key.type === "ed25519" && bytes !== undefined && endsWith(bytes, key.publicKey, ED25519_DER_HEADER)) {
    return problem(
      "der-key",
      "p= has the key with its DER header; for Ed25519 it has only the 32 bytes of the key",
    );
  }
  const damage = damageOf(published, wanted);
  if (damage !== undefined) return damage;
  if (bytes === undefined) return problem("malformed-key", "p= is not base64");
  const type = parseRsaPublicKey(bytes) !== undefined ? "rsa" : bytes.length === 32 ? "ed25519" : undefined;
  if (type === undefined) return problem("malformed-key", "p= is base64, but not of a key");
  return {
    code: "other-key",
    explanation: type === key.type
      ? `the record has another ${KEY_TYPE_NAMES[type]} key: it does not belong to this private key`
      : `the record has an ${KEY_TYPE_NAMES[type]} key, but the private key is an ${
        KEY_TYPE_NAMES[key.type]
      } key`,
    advice: `${PUBLISH_AGAIN}, or sign with the private key that belongs to it`,
  };
}

/** Says what became of a key on its way to the DNS; undefined if the text is not similar to it. */
function damageOf(published: string, wanted: string): KeyRecordProblem | undefined {
  const same = commonStart(published, wanted);
  const isPrefix = same === published.length && same < wanted.length;
  if (isPrefix && same > COMMON_START) {
    const advice =
      "publish the text as several strings of at most 255 characters: `milterkit dkim dns` prints it so";
    const explanation = `the key ends after ${same} of ${wanted.length} characters: the text was cut`;
    return { code: "truncated", explanation, advice };
  }
  if (same < MIN_LIKENESS) return undefined;
  const sameEnd = commonStart(reversed(published), reversed(wanted));
  if (same + sameEnd >= published.length && published.length < wanted.length) {
    const missing = wanted.length - published.length;
    return {
      code: "piece-missing",
      explanation:
        `${missing} characters of the key are missing after the first ${same}; a string of the record may have been lost`,
      advice: PUBLISH_AGAIN,
    };
  }
  if (sameEnd < MIN_LIKENESS && published.length <= wanted.length) return undefined;
  return problem(
    "malformed-key",
    `the key differs from the right one after ${same} characters: it was damaged`,
  );
}

function isSameKey(bytes: Uint8Array, { type, publicKey }: ComparedKey): boolean {
  if (Buffer.compare(bytes, publicKey) === 0) return true;
  if (type !== "rsa") return false;
  const [published, wanted] = [parseRsaPublicKey(bytes), parseRsaPublicKey(publicKey)];
  return published !== undefined && wanted !== undefined &&
    Buffer.compare(published.modulus, wanted.modulus) === 0 &&
    Buffer.compare(published.exponent, wanted.exponent) === 0;
}

function warningsOf(text: string, key: ComparedKey): string[] {
  const tags = parseTagList(text);
  if ("problem" in tags) return [];
  const warnings: string[] = [];
  const [first] = tags.keys();
  if (tags.has("v") && first !== "v") {
    warnings.push("v=DKIM1 is not the first tag; RFC 6376 wants it there, and some receivers insist");
  }
  if (listOf(tags.get("t")?.value)?.includes("y")) {
    warnings.push(
      "t=y: the domain says that it only tests DKIM, so receivers may treat its mail as unsigned; " +
        "remove it once signatures verify",
    );
  }
  if (key.type === "rsa") {
    if (key.bits < WANTED_BITS) {
      warnings.push(`a key of ${key.bits} bits is short; RFC 8301 asks for ${WANTED_BITS}`);
    }
    const bytes = decodeBase64(tags.get("p")?.value ?? "");
    if (bytes !== undefined && bytes.length < key.publicKey.length) {
      warnings.push(
        "p= has the key in the form of PKCS#1; some receivers read only SubjectPublicKeyInfo, which " +
          "`milterkit dkim dns` prints",
      );
    }
  }
  return warnings;
}

function problem(code: KeyRecordProblemCode, explanation: string): KeyRecordProblem {
  return { code, explanation, advice: PUBLISH_AGAIN };
}

/** The start of a value from the DNS, enough to recognize it. */
function shown(value: string): string {
  return value.length <= MAX_SHOWN ? value : `${value.slice(0, MAX_SHOWN)}...`;
}

function listOf(value: string | undefined): readonly string[] | undefined {
  return value?.split(":").map((item) => trimFws(item).toLowerCase());
}

function endsWith(bytes: Uint8Array, end: Uint8Array, before: number): boolean {
  return bytes.length === before + end.length && Buffer.compare(bytes.subarray(before), end) === 0;
}

function commonStart(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return i;
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}
