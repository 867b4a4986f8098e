/**
 * DNS records as text: the types, and the syntax of their values.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { formatIp, parseIp } from "./ip_address.ts";
import { type MxRecord, normalizeName } from "./resolver.ts";

/** The types, and how the text of a value becomes a record. They throw {@linkcode RecordValueError}. */
export const RECORD_TYPES = {
  TXT: (text: string): string => text,
  A: (text: string): string => address(text, 4, "an IPv4 address, as in 192.0.2.1"),
  AAAA: (text: string): string => address(text, 16, "an IPv6 address, as in 2001:db8::1"),
  MX: mxRecord,
  PTR: hostName,
  CNAME: hostName,
};

/** The name of a type. */
export type RecordTypeName = keyof typeof RECORD_TYPES;

/** The text of a record is invalid; the message says what it must be. */
export class RecordValueError extends Error {
  override readonly name = "RecordValueError";
  /** Always `invalid-record`. */
  readonly code = "invalid-record";
  /** The text. */
  readonly value: string;

  /**
   * @param value the text
   * @param message what it must be
   */
  constructor(value: string, message: string) {
    super(message);
    this.value = value;
  }
}

function address(text: string, length: number, wanted: string): string {
  const bytes = parseIp(text);
  if (bytes?.length !== length) throw new RecordValueError(text, `the value is not ${wanted}`);
  return formatIp(bytes);
}

function mxRecord(text: string): MxRecord {
  const [, digits, host = ""] = /^([0-9]{1,5})[ \t]+(\S+)$/.exec(text) ?? [];
  const preference = Number(digits ?? NaN);
  if (!(preference <= 65535)) {
    throw new RecordValueError(
      text,
      "an MX record needs a preference from 0 to 65535 and a host, as in 10 mx.example.org",
    );
  }
  return { preference, exchange: host === "." ? "" : hostName(host) };
}

function hostName(text: string): string {
  try {
    if (!/\s/.test(text)) return normalizeName(text);
  } catch {
    // Refused below.
  }
  throw new RecordValueError(
    text,
    "the value is not a host name; write labels of 1 to 63 characters with dots between",
  );
}

/** The UTF-8 bytes of `text`, one character per byte. */
export function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
