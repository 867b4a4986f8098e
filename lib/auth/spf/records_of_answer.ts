/**
 * Finds and parses the SPF records of a DNS answer, once for each answer object.
 *
 * @module
 */
import type { KnownAnswer } from "./lookups.ts";
import { isSpfRecord, parseSpfRecord, type RecordProblem, type SpfRecord } from "./record.ts";

/** The SPF records of a name. */
export interface SpfRecords {
  /** The text of each. */
  readonly texts: readonly string[];
  /** The first one, parsed; undefined if there is none. */
  readonly first: SpfRecord | RecordProblem | undefined;
}

/** Parsed records, kept as long as the resolver keeps the answer that they come from. */
const parsed = new WeakMap<KnownAnswer<string>, SpfRecords>();

/** The SPF records in an answer (RFC 7208 section 4.5). */
export function spfRecordsOf(answer: KnownAnswer<string>): SpfRecords {
  let records = parsed.get(answer);
  if (records === undefined) parsed.set(answer, records = parse(answer));
  return records;
}

function parse(answer: KnownAnswer<string>): SpfRecords {
  const texts = answer.status === "found" ? answer.records.filter(isSpfRecord) : [];
  const [text] = texts;
  return { texts, first: text === undefined ? undefined : parseSpfRecord(text) };
}
