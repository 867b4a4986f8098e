/**
 * The trace file, which `trace` writes and `replay` reads: JSON lines. docs/trace.md describes them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { PlainValue, Side } from "../../lib/protocol/describe_packet.ts";
import type { VerdictKind } from "../../lib/protocol/verdict_scope.ts";
import { terminalSafeJson } from "../terminal/terminal_safe_json.ts";

/** The version of the format. Readers refuse a later one. */
export const TRACE_VERSION = 1;

/** The first line of a trace file. */
export interface TraceHeader {
  /** Identifies the format. */
  readonly format: "milterkit-trace";
  /** {@linkcode TRACE_VERSION} of the program that wrote it. */
  readonly version: number;
  /** Start of the trace: ISO 8601, UTC. */
  readonly started: string;
  /** The address that the MTA connected to. */
  readonly listen: string;
  /** The milter's address. */
  readonly milter: string;
}

/** What all other lines have. */
interface RecordBase {
  /** The connection's number, from 1. */
  readonly connection: number;
  /** Milliseconds since the start of the trace. */
  readonly time: number;
}

/** A line for a packet. */
export interface PacketRecord extends RecordBase {
  readonly type: "packet";
  /** Who sent it. */
  readonly from: Side;
  /** Its name, such as `mail` or `add-header`. */
  readonly name: string;
  /** The whole packet as on the wire; base64 in the file. */
  readonly bytes: Uint8Array;
  /** Its contents as text, for people. */
  readonly fields: { readonly [field: string]: PlainValue };
  /** Of a milter's packet: the verdict that it is as good as, if it is an answer. */
  readonly verdict?: VerdictKind;
  /** Why it could not be decoded, if so. */
  readonly problem?: string;
  /** Of a milter's packet: the event that it answers; null if no answer was due. */
  readonly answers?: string | null;
  /** Of a milter's packet: milliseconds since that event. */
  readonly after?: number;
}

/** Any line after the first. */
export type TraceRecord =
  /** The MTA connected. */
  | (RecordBase & { readonly type: "open"; readonly peer: string })
  | PacketRecord
  /** Bytes that do not form a packet. */
  | (RecordBase & {
    readonly type: "bytes";
    readonly from: Side;
    readonly bytes: Uint8Array;
    readonly problem: string;
  })
  /** A side ended its stream. */
  | (RecordBase & { readonly type: "end"; readonly from: Side })
  /** The connection to a side broke, or could not be opened. */
  | (RecordBase & { readonly type: "failed"; readonly from: Side; readonly problem: string })
  /** Both sides are closed. */
  | (RecordBase & { readonly type: "close" });

/** Formats a line, without the newline. */
export function formatRecord(record: TraceHeader | TraceRecord): string {
  return terminalSafeJson(
    "bytes" in record ? { ...record, bytes: Buffer.from(record.bytes).toString("base64") } : record,
  );
}

/**
 * Parses the first line.
 *
 * @returns the header, or the reason why the file cannot be read
 */
export function parseHeader(line: string): TraceHeader | string {
  const value = parseObject(line);
  if (value?.format !== "milterkit-trace") return "milterkit trace --write did not write it";
  if (!Number.isSafeInteger(value.version) || (value.version as number) < 1) return "it has no version";
  if ((value.version as number) > TRACE_VERSION) {
    return `a later milterkit wrote it (format version ${value.version}; this one reads version ${TRACE_VERSION})`;
  }
  return value as unknown as TraceHeader;
}

/**
 * Parses any other line.
 *
 * @returns the record, perhaps of a type unknown to this version; undefined if the line is not a record
 */
export function parseRecord(line: string): TraceRecord | undefined {
  const value = parseObject(line);
  if (!value || !Number.isSafeInteger(value.connection) || !Number.isFinite(value.time)) return undefined;
  if (typeof value.type !== "string") return undefined;
  if (value.type !== "packet" && value.type !== "bytes") return value as unknown as TraceRecord;
  if (value.from !== "mta" && value.from !== "milter") return undefined;
  if (typeof value.bytes !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(value.bytes)) return undefined;
  // Not a Buffer, whose `slice` makes a view instead of a copy.
  const bytes = new Uint8Array(Buffer.from(value.bytes, "base64"));
  if (value.type === "packet" ? !isPacket(bytes) : bytes.length === 0) return undefined;
  return { ...value, bytes } as unknown as TraceRecord;
}

/** Whether bytes are exactly one packet. Otherwise the milter in a replay would misread everything after it. */
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
