/**
 * Turns a DNS answer into imported keys.
 *
 * @module
 */
import type { TxtAnswer } from "../../dns/resolver.ts";
import { type DkimKey, type KeyProblem, parseKeyRecord } from "./key_record.ts";

/** The maximum number of records of one name that are searched for keys. */
const MAX_KEY_RECORDS = 10;
/**
 * The maximum number of keys of one name that a signature is checked with: an RSA and an Ed25519 key, each with its
 * successor.
 */
const MAX_KEYS = 4;

/** Why there is no key to check a signature with. */
export interface LookupProblem {
  readonly status: "temperror" | "permerror";
  /** One short clause, without bytes of the answer. */
  readonly reason: string;
  /** Whether the key does not exist or was revoked. */
  readonly absent: boolean;
}

/** Imported keys, kept as long as the resolver keeps the answer that they come from. */
const imported = new WeakMap<TxtAnswer, readonly DkimKey[] | LookupProblem>();

/**
 * The keys in an answer, one or more; some domains publish several under one name, in no order (RFC 6376 section 6.1.2).
 * Keys are imported once for each answer object.
 */
export function keysOf(answer: TxtAnswer): readonly DkimKey[] | LookupProblem {
  let keys = imported.get(answer);
  if (keys === undefined) {
    keys = importKeys(answer);
    imported.set(answer, keys);
  }
  return keys;
}

function importKeys(answer: TxtAnswer): readonly DkimKey[] | LookupProblem {
  if (answer.status === "nxdomain" || answer.status === "nodata") {
    return { status: "permerror", reason: "there is no key", absent: true };
  }
  if (answer.status !== "found") {
    return { status: "temperror", reason: `the key lookup failed (${answer.status})`, absent: false };
  }
  const keys: DkimKey[] = [];
  const problems: KeyProblem[] = [];
  // DNS returns records in any order; the result must not depend on it.
  for (const record of [...answer.records].sort().slice(0, MAX_KEY_RECORDS)) {
    const key = parseKeyRecord(record);
    if ("problem" in key) problems.push(key);
    else if (keys.push(key) === MAX_KEYS) break;
  }
  if (keys.length > 0) return keys;
  // A record that says there is no key is certain; one that cannot be parsed may be meant for something else.
  const telling = problems.find(({ absent }) => absent) ?? problems[0];
  return {
    status: "permerror",
    reason: telling?.problem ?? "there is no key",
    absent: telling?.absent ?? telling === undefined,
  };
}
