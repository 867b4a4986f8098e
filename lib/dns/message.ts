/**
 * Encodes and decodes DNS messages (RFC 1035, RFC 6891), as far as a stub resolver needs them. Bytes in, bytes out: no
 * sockets, no clock.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Alias records. */
export const TYPE_CNAME = 5;
/** Start of authority: says how long a negative answer may be cached (RFC 2308). */
export const TYPE_SOA = 6;
const TYPE_OPT = 41;
/** The Internet. */
export const CLASS_IN = 1;

/** No error. */
export const RCODE_NOERROR = 0;
/** The server could not parse the query; old servers answer EDNS with it. */
export const RCODE_FORMERR = 1;
/** The server failed. */
export const RCODE_SERVFAIL = 2;
/** The name does not exist. */
export const RCODE_NXDOMAIN = 3;
/** The server does not support the query; old servers answer EDNS with it. */
export const RCODE_NOTIMP = 4;
/** The server refuses to answer us. */
export const RCODE_REFUSED = 5;

/** The largest answer requested over UDP: small enough not to be fragmented on usual paths. */
export const EDNS_PAYLOAD_SIZE = 1232;

const MAX_NAME_LENGTH = 255;
const MAX_POINTERS = 127;
const HEADER_LENGTH = 12;

/** One resource record. */
export interface DnsRecord {
  /** Owner in lower case, without the final dot; a dot or a backslash inside a label is escaped. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Seconds; 0 if the sender set the top bit (RFC 2181 section 8). */
  readonly ttl: number;
  /** Offsets of the data within the message: `dataStart` inclusive, `dataEnd` exclusive. */
  readonly dataStart: number;
  readonly dataEnd: number;
}

/** A decoded DNS response with exactly one question. */
export interface DnsResponse {
  readonly id: number;
  readonly truncated: boolean;
  /** The response code, with the upper bits of EDNS, if any. */
  readonly rcode: number;
  readonly questionName: string;
  readonly questionType: number;
  readonly questionClass: number;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** The message itself, which the records' offsets refer to. */
  readonly bytes: Uint8Array;
}

/** The bytes are not a valid DNS response. Neither the error message nor the value quotes them. */
export class DnsFormatError extends Error {
  override readonly name = "DnsFormatError";
  /** Always `invalid-dns-message`. */
  readonly code = "invalid-dns-message";
  /** The invalid number: a count, a length or an offset in bytes, or the bits of a field. */
  readonly value: number;

  /**
   * @param value the invalid number
   * @param message one clause that says what is wrong
   */
  constructor(value: number, message: string) {
    super(message);
    this.value = value;
  }
}

/**
 * Encodes a recursive query for the records of one type that `name` has.
 *
 * @param id 0 to 65535, unpredictable: with the random port, it protects against forged answers
 * @param name a name as `normalizeName` returns it
 * @param type the number of the type
 * @param edns whether to offer {@link EDNS_PAYLOAD_SIZE}; some old servers refuse it
 */
export function encodeQuery(id: number, name: string, type: number, edns: boolean): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + name.length + 2 + 4 + (edns ? 11 : 0));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, 0x0100); // recursion desired
  view.setUint16(4, 1);
  view.setUint16(10, edns ? 1 : 0);
  let offset = HEADER_LENGTH;
  for (const label of name.split(".")) {
    bytes[offset++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[offset++] = label.charCodeAt(i);
  }
  offset++;
  view.setUint16(offset, type);
  view.setUint16(offset + 2, CLASS_IN);
  if (edns) {
    view.setUint16(offset + 5, TYPE_OPT);
    view.setUint16(offset + 7, EDNS_PAYLOAD_SIZE);
  }
  return bytes;
}

/** Reads the id of a message, or undefined if it is too short to be one. */
export function messageId(bytes: Uint8Array): number | undefined {
  return bytes.length < HEADER_LENGTH ? undefined : viewOf(bytes).getUint16(0);
}

/**
 * Decodes a response. A truncated response (TC) is read only up to its question.
 *
 * @throws {DnsFormatError} if the bytes are not a response with one question, a length passes the end, or a name is too long
 * or compressed in a loop
 */
export function decodeResponse(bytes: Uint8Array): DnsResponse {
  if (bytes.length < HEADER_LENGTH) {
    throw new DnsFormatError(bytes.length, "message is shorter than its header");
  }
  const view = viewOf(bytes);
  const flags = view.getUint16(2);
  if ((flags & 0x8000) === 0) throw new DnsFormatError(flags, "message is not a response");
  if ((flags & 0x7800) !== 0) throw new DnsFormatError(flags, "message does not answer a query");
  const questions = view.getUint16(4);
  if (questions !== 1) throw new DnsFormatError(questions, "message does not have one question");
  const truncated = (flags & 0x0200) !== 0;
  const question = decodeName(bytes, HEADER_LENGTH);
  if (question.next + 4 > bytes.length) throw new DnsFormatError(question.next, "question passes the end");
  let offset = question.next + 4;
  let rcode = flags & 0x0f;
  const section = (count: number): DnsRecord[] => {
    const records: DnsRecord[] = [];
    for (let i = 0; i < count; i++) {
      const owner = decodeName(bytes, offset);
      const at = owner.next;
      if (at + 10 > bytes.length) throw new DnsFormatError(at, "record passes the end");
      const dataStart = at + 10;
      const dataEnd = dataStart + view.getUint16(at + 8);
      if (dataEnd > bytes.length) throw new DnsFormatError(dataEnd, "record data passes the end");
      const type = view.getUint16(at);
      const ttl = view.getUint32(at + 4);
      if (type === TYPE_OPT) rcode |= (ttl >>> 24) << 4;
      records.push({
        name: owner.name,
        type,
        class: view.getUint16(at + 2),
        ttl: ttl > 0x7fffffff ? 0 : ttl,
        dataStart,
        dataEnd,
      });
      offset = dataEnd;
    }
    return records;
  };
  let answers: DnsRecord[] = [];
  let authorities: DnsRecord[] = [];
  if (!truncated) {
    answers = section(view.getUint16(6));
    authorities = section(view.getUint16(8));
    section(view.getUint16(10));
  }
  return {
    id: view.getUint16(0),
    truncated,
    rcode,
    questionName: question.name,
    questionType: view.getUint16(question.next),
    questionClass: view.getUint16(question.next + 2),
    answers,
    authorities,
    bytes,
  };
}

/** Whether `response` answers the query that {@link encodeQuery} made from `id`, `name` and `type`. */
export function answersQuery(response: DnsResponse, id: number, name: string, type: number): boolean {
  return response.id === id && response.questionName === name && response.questionType === type &&
    response.questionClass === CLASS_IN;
}

/**
 * Decodes the name at `offset`; `next` is the offset after it, not after what it points to.
 *
 * @throws {DnsFormatError} if it passes the end, is too long or is compressed in a loop
 */
export function decodeName(bytes: Uint8Array, offset: number): { name: string; next: number } {
  const view = viewOf(bytes);
  const labels: string[] = [];
  let length = 1;
  let pointers = 0;
  let next = -1;
  let limit = bytes.length;
  for (;;) {
    if (offset >= limit) throw new DnsFormatError(offset, "name passes the end");
    const size = view.getUint8(offset);
    if (size === 0) break;
    if ((size & 0xc0) === 0xc0) {
      if (offset + 1 >= bytes.length) throw new DnsFormatError(offset, "pointer passes the end");
      const target = view.getUint16(offset) & 0x3fff;
      if (next < 0) next = offset + 2;
      // A pointer may only lead back, so that there can be no loop.
      if (target >= offset || target < HEADER_LENGTH || ++pointers > MAX_POINTERS) {
        throw new DnsFormatError(target, "name is compressed in a loop");
      }
      limit = offset;
      offset = target;
      continue;
    }
    if (size > 63) throw new DnsFormatError(size, "label has a reserved type");
    length += size + 1;
    if (length > MAX_NAME_LENGTH) throw new DnsFormatError(length, "name is too long");
    if (offset + 1 + size > limit) throw new DnsFormatError(offset, "label passes the end");
    labels.push(escapeLabel(latin1Slice(bytes, offset + 1, offset + 1 + size)));
    offset += size + 1;
  }
  return { name: labels.join("."), next: next < 0 ? offset + 1 : next };
}

function escapeLabel(label: string): string {
  const escaped = label.includes(".") || label.includes("\\") ? label.replace(/[.\\]/g, "\\$&") : label;
  return asciiLowerCase(escaped);
}

/** Lower case for A to Z only: `toLowerCase` would change 8-bit characters too. */
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** A view that throws on reads past the end. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes from `start` up to `end`, one character per byte. */
export function latin1Slice(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
