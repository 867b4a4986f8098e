/**
 * Finds the records of one name and type in a response.
 *
 * @module
 */
import {
  CLASS_IN,
  decodeName,
  DnsFormatError,
  type DnsRecord,
  type DnsResponse,
  RCODE_NOERROR,
  TYPE_CNAME,
  TYPE_SOA,
  viewOf,
} from "./message.ts";
import type { RecordType } from "./record_types.ts";

/**
 * What a response has for a name: records and how many bytes they have, nothing, or another name to ask for; and how many
 * CNAME records led there.
 */
export type AnswerContent<R> =
  & { readonly aliases: number }
  & (
    | {
      readonly kind: "records";
      readonly records: readonly R[];
      readonly length: number;
      readonly ttl: number;
    }
    | { readonly kind: "absent"; readonly ttl: number | undefined }
    | { readonly kind: "alias"; readonly target: string; readonly ttl: number }
  );

/**
 * Finds the records of `name`, following CNAME records within the response.
 *
 * @throws {DnsFormatError} if a record's data is malformed or the CNAME records form a loop
 */
export function readAnswer<R>(response: DnsResponse, name: string, type: RecordType<R>): AnswerContent<R> {
  const wanted = new Map<string, DnsRecord[]>();
  const targets = new Map<string, DnsRecord>();
  for (const record of response.answers) {
    if (record.class !== CLASS_IN) continue;
    if (record.type === TYPE_CNAME) targets.set(record.name, record);
    if (record.type !== type.code) continue;
    const others = wanted.get(record.name);
    if (others === undefined) wanted.set(record.name, [record]);
    else others.push(record);
  }
  let owner = name;
  let ttl = 0x7fffffff;
  let aliases = 0;
  // Each alias is removed once it is followed, so a loop ends at a name without one.
  for (;;) {
    const found = wanted.get(owner);
    if (found !== undefined) {
      let length = 0;
      for (const record of found) {
        ttl = Math.min(ttl, record.ttl);
        length += record.dataEnd - record.dataStart;
      }
      const records = found.map((record) => type.read(response.bytes, record));
      return { kind: "records", records, length, ttl, aliases };
    }
    const alias = targets.get(owner);
    if (alias === undefined) break;
    targets.delete(owner);
    aliases++;
    ttl = Math.min(ttl, alias.ttl);
    owner = decodeName(response.bytes, alias.dataStart).name;
    if (owner === name) throw new DnsFormatError(aliases, "CNAME records form a loop");
  }
  const soa = response.authorities.find((record) => record.type === TYPE_SOA);
  if (soa !== undefined) {
    return { kind: "absent", ttl: Math.min(ttl, negativeTtl(response.bytes, soa)), aliases };
  }
  if (aliases > 0 && response.rcode === RCODE_NOERROR) return { kind: "alias", target: owner, ttl, aliases };
  return { kind: "absent", ttl: undefined, aliases };
}

/** RFC 2308 section 5: the lesser of the SOA record's TTL and its MINIMUM field. */
function negativeTtl(bytes: Uint8Array, soa: DnsRecord): number {
  const fixed = decodeName(bytes, decodeName(bytes, soa.dataStart).next).next;
  if (fixed + 20 !== soa.dataEnd) throw new DnsFormatError(soa.dataEnd, "SOA record has the wrong length");
  const minimum = viewOf(bytes).getUint32(fixed + 16);
  return Math.min(soa.ttl, minimum > 0x7fffffff ? 0 : minimum);
}
