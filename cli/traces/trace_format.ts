/**
 * The file that a trace is written to, and that is replayed: JSON, a line each. docs/trace.md describes it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { PlainValue, Side } from "../../lib/protocol/describe_packet.ts";
import { terminalSafeJson } from "../terminal/terminal_safe_json.ts";

/** The format's version: a reader refuses a file of a later one. */
export const TRACE_VERSION = 1;

/** The first line. */
export interface TraceHeader {
  /** Says what this file is. */
  readonly format: "milterkit-trace";
  /** {@linkcode TRACE_VERSION} of who wrote it. */
  readonly version: number;
  /** When it was begun, as ISO 8601. */
  readonly started: string;
  /** Where the MTA connected to. */
  readonly listen: string;
  /** Where the filter was. */
  readonly milter: string;
}

/** What every later line has. */
interface RecordBase {
  /** The number of the connection, from 1. */
  readonly connection: number;
  /** Milliseconds since the trace was begun. */
  readonly time: number;
}

/** A packet. */
export interface PacketRecord extends RecordBase {
  readonly type: "packet";
  /** Who sent it. */
  readonly from: Side;
  /** Its name. */
  readonly name: string;
  /** The whole packet as on the wire. */
  readonly bytes: Uint8Array;
  /** What is in it, for people. */
  readonly fields: { readonly [field: string]: PlainValue };
  /** What is wrong with it, where something is. */
  readonly problem?: string;
  /** The event that a packet of the filter's answers; null where no answer was due. */
  readonly answers?: string | null;
  /** Milliseconds since that event. */
  readonly after?: number;
}

/** Any line but the first. */
export type TraceRecord =
  /** The MTA connected. */
  | (RecordBase & { readonly type: "open"; readonly peer: string })
  | PacketRecord
  /** Bytes that no packet can be made of. */
  | (RecordBase & {
    readonly type: "bytes";
    readonly from: Side;
    readonly bytes: Uint8Array;
    readonly problem: string;
  })
  /** A side ended its stream. */
  | (RecordBase & { readonly type: "end"; readonly from: Side })
  /** The connection to a side broke, or never came about. */
  | (RecordBase & { readonly type: "failed"; readonly from: Side; readonly problem: string })
  /** Both sides are closed. */
  | (RecordBase & { readonly type: "close" });

/** A record as a line, without its end. */
export function formatRecord(record: TraceHeader | TraceRecord): string {
  return terminalSafeJson(
    "bytes" in record ? { ...record, bytes: Buffer.from(record.bytes).toString("base64") } : record,
  );
}

/**
 * Reads the first line.
 *
 * @returns why it is none, or the header
 */
export function parseHeader(line: string): TraceHeader | string {
  const value = parseObject(line);
  if (value?.format !== "milterkit-trace") return "it is no file of milterkit trace --write";
  if (!Number.isSafeInteger(value.version) || (value.version as number) < 1) return "it names no version";
  if ((value.version as number) > TRACE_VERSION) {
    return `it was written by a later milterkit (version ${value.version} of the format, ${TRACE_VERSION} is known here)`;
  }
  return value as unknown as TraceHeader;
}

/**
 * Reads any other line.
 *
 * @returns undefined for what is no record; the type of a record may be one that is not known here
 */
export function parseRecord(line: string): TraceRecord | undefined {
  const value = parseObject(line);
  if (!value || !Number.isSafeInteger(value.connection) || !Number.isFinite(value.time)) return undefined;
  if (typeof value.type !== "string") return undefined;
  if (value.type !== "packet" && value.type !== "bytes") return value as unknown as TraceRecord;
  if (value.from !== "mta" && value.from !== "milter") return undefined;
  if (typeof value.bytes !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(value.bytes)) return undefined;
  // A plain array: the slice of a Buffer is a view and not a copy as everywhere else.
  const bytes = new Uint8Array(Buffer.from(value.bytes, "base64"));
  if (value.type === "packet" ? !isPacket(bytes) : bytes.length === 0) return undefined;
  return { ...value, bytes } as unknown as TraceRecord;
}

/** Whether bytes are one packet: one that is played would otherwise shift all that follows. */
function isPacket(bytes: Uint8Array): boolean {
  return bytes.length > 4 && new DataView(bytes.buffer).getUint32(0) === bytes.length - 4;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
