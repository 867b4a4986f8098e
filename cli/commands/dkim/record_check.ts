/**
 * Compares what the DNS says at a key's name with the private key.
 *
 * @module
 */

import type { TxtAnswer, TxtResolver } from "../../../lib/dns/resolver.ts";
import type { KeyRecordProblem, RecordFinding } from "./findings.ts";
import { type ComparedKey, compareRecord, isMeantAsKey } from "./published_record.ts";
import { keyRecordName } from "./zone_text.ts";

/** The most records whose orders are tried: 4 have 24 orders. */
const MAX_PERMUTED = 4;

/** A key and where it should be published. */
export interface CheckedKey {
  readonly domain: string;
  readonly selector: string;
  readonly key: ComparedKey;
}

/** What was asked and found. */
export interface RecordCheck extends RecordFinding {
  /** Where the record should be, without the final dot. */
  readonly name: string;
  /** The records that are there, one character per byte. */
  readonly records: readonly string[];
}

/**
 * Asks the DNS for a key's record and compares. If there is none, it also asks where a slip of the pen would have put it.
 *
 * @param checked the key
 * @param resolver whom to ask; several checks share one, so that no question is asked twice
 */
export async function checkRecord(
  { domain, selector, key }: CheckedKey,
  resolver: TxtResolver,
): Promise<RecordCheck> {
  const name = keyRecordName(selector, domain);
  const answer = await resolver.resolveTxt(name);
  const finding = judgeAnswer(answer, key);
  const records = answer.status === "found" ? answer.records : [];
  const code = finding.problem?.code;
  if (code !== "no-name" && code !== "no-record") return { name, records, ...finding };
  const elsewhere = await findElsewhere({ domain, selector, key }, resolver);
  return { name, records, ...finding, problem: elsewhere ?? finding.problem };
}

/**
 * Judges an answer.
 *
 * @param answer of the TXT records at the key's name
 * @param key the private key
 */
export function judgeAnswer(answer: TxtAnswer, key: ComparedKey): RecordFinding {
  switch (answer.status) {
    case "found":
      return judgeRecords(answer.records, key);
    case "nxdomain":
      return wrong({
        code: "no-name",
        explanation: "the name does not exist (NXDOMAIN)",
        advice:
          "publish the record that `milterkit dkim dns` prints; after that, name servers may repeat this answer " +
          `for up to ${answer.ttl} seconds`,
      });
    case "nodata":
      return wrong({
        code: "no-record",
        explanation: "the name exists, but has no TXT record",
        advice: "publish the record that `milterkit dkim dns` prints, with the type TXT",
      });
    default:
      return {
        result: "unknown",
        problem: {
          code: "lookup-failed",
          explanation: `the lookup failed (${answer.status}): ${answer.reason}`,
          advice: "try again later; if it stays so, the name servers of the domain are at fault",
        },
        warnings: [],
      };
  }
}

function judgeRecords(records: readonly string[], key: ComparedKey): RecordFinding {
  const [only] = records;
  if (records.length === 1 && only !== undefined && isMeantAsKey(only)) return compareRecord(only, key);
  const meant = records.filter(isMeantAsKey);
  if (meant.length === 0) {
    return wrong({
      code: "not-a-key-record",
      explanation:
        `there ${records.length === 1 ? "is a TXT record" : `are ${records.length} TXT records`}, ` +
        "but none with a key, as where a wildcard such as *.example.com answers",
      advice: "publish the record that `milterkit dkim dns` prints",
    });
  }
  if (ordersOf(records).some((order) => compareRecord(order.join(""), key).result === "right")) {
    return wrong({
      code: "split-into-records",
      explanation: `the text is split into ${records.length} records, which receivers do not join`,
      advice: "publish one record with several strings: `milterkit dkim dns` prints it so",
    });
  }
  const isAmongThem = meant.some((record) => compareRecord(record, key).result === "right");
  return wrong({
    code: "several-records",
    explanation: `there are ${records.length} TXT records, ${
      isAmongThem ? "one of them right" : "none of them right"
    }; RFC 6376 leaves open which of several receivers use`,
    advice: isAmongThem
      ? "remove the others"
      : "remove them, and publish the one that `milterkit dkim dns` prints",
  });
}

/** Where a record ends up if the zone file lacks a final dot, or if `_domainkey` was forgotten. */
async function findElsewhere(
  { domain, selector, key }: CheckedKey,
  resolver: TxtResolver,
): Promise<KeyRecordProblem | undefined> {
  const name = keyRecordName(selector, domain);
  const places = [
    [`${name}.${domain}`, "the domain is there twice, since the name in the zone file lacks its final dot"],
    [`${selector}.${domain}`, "_domainkey is missing in the name"],
  ] as const;
  for (const [place, why] of places) {
    if (place.length > 253) continue;
    const answer = await resolver.resolveTxt(place);
    if (answer.status !== "found" || judgeRecords(answer.records, key).result !== "right") continue;
    return {
      code: "no-name",
      explanation: `the record is at ${place}, which is the wrong name: ${why}`,
      advice: `move it to ${name}`,
    };
  }
  const parent = await resolver.resolveTxt(domain);
  if (parent.status !== "nxdomain") return undefined;
  return {
    code: "no-name",
    explanation: `the domain ${domain} does not exist in the DNS (NXDOMAIN)`,
    advice: "check how it is spelt, and whether it is delegated to your name servers",
  };
}

function wrong(problem: KeyRecordProblem): RecordFinding {
  return { result: "wrong", problem, warnings: [] };
}

/** All orders of a few records; DNS returns them in any. */
function ordersOf(records: readonly string[]): readonly (readonly string[])[] {
  if (records.length < 2 || records.length > MAX_PERMUTED) return [];
  const orders = (rest: readonly string[]): readonly (readonly string[])[] =>
    rest.length < 2
      ? [rest]
      : rest.flatMap((first, i) => orders(rest.filter((_, k) => k !== i)).map((order) => [first, ...order]));
  return orders(records);
}
