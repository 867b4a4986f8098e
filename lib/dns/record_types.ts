/**
 * The types of records that are looked up, and how their data is read (RFC 1035 section 3.3, RFC 3596).
 *
 * @module
 */
import { decodeName, DnsFormatError, type DnsRecord, latin1Slice, viewOf } from "./message.ts";
import { formatIp } from "./ip_address.ts";
import type { DnsRecordData, MxRecord } from "./resolver.ts";

/** A type of records. */
export interface RecordType<R> {
  /** Its name in zone files. */
  readonly name: string;
  /** Its number. */
  readonly code: number;
  /**
   * Reads the data of a record.
   *
   * @param bytes the message that `record` is of
   * @throws {DnsFormatError} if the data is malformed
   */
  readonly read: (bytes: Uint8Array, record: DnsRecord) => R;
}

/** Text: its strings joined, one character per byte. */
export const TXT: RecordType<string> = {
  name: "TXT",
  code: 16,
  read(bytes, { dataStart, dataEnd }) {
    const view = viewOf(bytes);
    let text = "";
    let offset = dataStart;
    while (offset < dataEnd) {
      const end = offset + 1 + view.getUint8(offset);
      if (end > dataEnd) throw new DnsFormatError(end, "string passes the end of its record");
      text += latin1Slice(bytes, offset + 1, end);
      offset = end;
    }
    return text;
  },
};

/** IPv4 addresses. */
export const A: RecordType<string> = { name: "A", code: 1, read: (bytes, record) => ip(bytes, record, 4) };

/** IPv6 addresses. */
export const AAAA: RecordType<string> = {
  name: "AAAA",
  code: 28,
  read: (bytes, record) => ip(bytes, record, 16),
};

/** Hosts that take mail. */
export const MX: RecordType<MxRecord> = {
  name: "MX",
  code: 15,
  read(bytes, record) {
    if (record.dataEnd - record.dataStart < 3) {
      throw new DnsFormatError(record.dataEnd, "MX record has the wrong length");
    }
    const preference = viewOf(bytes).getUint16(record.dataStart);
    return Object.freeze({ preference, exchange: nameAt(bytes, record.dataStart + 2, record.dataEnd) });
  },
};

/** Names of addresses. */
export const PTR: RecordType<string> = {
  name: "PTR",
  code: 12,
  read: (bytes, { dataStart, dataEnd }) => nameAt(bytes, dataStart, dataEnd),
};

/** All of them, by name. */
export const TYPES_BY_NAME: { readonly [T in keyof DnsRecordData]: RecordType<DnsRecordData[T]> } = {
  TXT,
  A,
  AAAA,
  MX,
  PTR,
};

function ip(bytes: Uint8Array, { dataStart, dataEnd }: DnsRecord, length: number): string {
  if (dataEnd - dataStart !== length) throw new DnsFormatError(dataEnd, "address has the wrong length");
  return formatIp(bytes.subarray(dataStart, dataEnd));
}

function nameAt(bytes: Uint8Array, offset: number, dataEnd: number): string {
  const { name, next } = decodeName(bytes, offset);
  if (next !== dataEnd) throw new DnsFormatError(next, "name does not end with its record");
  return name;
}
