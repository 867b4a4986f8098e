/**
 * From what DNS answered to a key that is ready for use.
 *
 * @module
 */
import type { TxtAnswer } from "../../lib/dns/resolver.ts";
import { type DkimKey, type KeyProblem, parseKeyRecord } from "./key_record.ts";

/** Records of one name that are looked at for a key. */
const MAX_KEY_RECORDS = 10;

/** Why there is no key to check a signature with. */
export interface LookupProblem {
  readonly status: "temperror" | "permerror";
  /** One short clause, without bytes of the answer. */
  readonly reason: string;
  /** Whether the key does not exist or was revoked. */
  readonly absent: boolean;
}

/** Imported keys, kept as long as the resolver keeps the answer they come from. */
const keys = new WeakMap<TxtAnswer, DkimKey | LookupProblem>();

/** The key in an answer. The same answer object gives the same key, imported once. */
export function keyOf(answer: TxtAnswer): DkimKey | LookupProblem {
  let key = keys.get(answer);
  if (key === undefined) {
    key = importKey(answer);
    keys.set(answer, key);
  }
  return key;
}

function importKey(answer: TxtAnswer): DkimKey | LookupProblem {
  if (answer.status === "nxdomain" || answer.status === "nodata") {
    return { status: "permerror", reason: "there is no key", absent: true };
  }
  if (answer.status !== "found") {
    return { status: "temperror", reason: `the key lookup failed (${answer.status})`, absent: false };
  }
  let first: KeyProblem | undefined;
  for (const record of answer.records.slice(0, MAX_KEY_RECORDS)) {
    const key = parseKeyRecord(record);
    if (!("problem" in key)) return key;
    first ??= key;
  }
  return {
    status: "permerror",
    reason: first?.problem ?? "there is no key",
    absent: first === undefined || first.absent === true,
  };
}
