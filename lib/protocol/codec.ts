/**
 * Encodes and decodes packets, by one table of their fields for both directions.
 *
 * @module
 */

import { byteAt, uint32At } from "./bytes.ts";
import { Command, Reply } from "./constants.ts";
import { letter, ProtocolError } from "./errors.ts";
import type { FrameWriter } from "./frame_writer.ts";

/** The kinds of fields in packets, and the type of each in memory. */
export interface FieldTypes {
  /** One byte. */
  u8: number;
  /** One byte, or nothing if the payload ends before it. */
  "u8?": number | undefined;
  /** 16 bits, big endian; nothing if the payload ends before it. */
  "u16?": number | undefined;
  /** 32 bits, big endian. */
  u32: number;
  /** Bytes ended by NUL. */
  string: Uint8Array;
  /** The same; nothing if the payload ends before it. */
  "string?": Uint8Array | undefined;
  /** NUL-ended strings up to the end. */
  strings: readonly Uint8Array[];
  /** All remaining bytes. */
  bytes: Uint8Array;
  /** Macro lists up to the end: a 32-bit stage and NUL-ended names each. */
  lists: readonly MacroList[];
}

/** The macros requested for one stage: its number (`SMFIM_*`) and the names, joined by spaces. */
export interface MacroList {
  /** The stage's number, see `MacroStage`. */
  readonly stage: number;
  /** The names, joined by spaces. */
  readonly names: Uint8Array;
}

/** One row of the table: a packet's letter and its fields in order. */
export interface PacketSpec<F extends Record<string, keyof FieldTypes> = Record<string, keyof FieldTypes>> {
  /** The packet's name. */
  readonly name: string;
  /** Its letter on the wire. */
  readonly letter: number;
  /** Its fields, in the order of the payload. */
  readonly fields: F;
}

/** The decoded fields of a packet. */
export type PacketValues<S extends PacketSpec> = {
  readonly [K in keyof S["fields"]]: FieldTypes[S["fields"][K]];
};

function row<const F extends Record<string, keyof FieldTypes>>(
  name: string,
  letter: number,
  fields: F,
): PacketSpec<F> {
  return { name, letter, fields };
}

/** The packets that an MTA sends. */
export const commands = {
  optneg: row("optneg", Command.OPTNEG, { version: "u32", actions: "u32", protocol: "u32" }),
  macro: row("macro", Command.MACRO, { command: "u8", pairs: "strings" }),
  // Families: U unknown, L unix, 4, 6. U ends after its letter.
  connect: row("connect", Command.CONNECT, {
    hostname: "string",
    family: "u8",
    port: "u16?",
    address: "string?",
  }),
  helo: row("helo", Command.HELO, { name: "string" }),
  mail: row("mail", Command.MAIL, { address: "string", args: "strings" }),
  rcpt: row("rcpt", Command.RCPT, { address: "string", args: "strings" }),
  data: row("data", Command.DATA, {}),
  header: row("header", Command.HEADER, { name: "string", value: "string" }),
  eoh: row("eoh", Command.EOH, {}),
  body: row("body", Command.BODY, { chunk: "bytes" }),
  bodyeob: row("bodyeob", Command.BODYEOB, { chunk: "bytes" }),
  unknown: row("unknown", Command.UNKNOWN, { command: "string" }),
  abort: row("abort", Command.ABORT, {}),
  quit: row("quit", Command.QUIT, {}),
  quitNc: row("quit-nc", Command.QUIT_NC, {}),
} as const;

/** The packets that a filter sends. */
export const replies = {
  optneg: row("optneg", Reply.OPTNEG, { version: "u32", actions: "u32", protocol: "u32", lists: "lists" }),
  continue: row("continue", Reply.CONTINUE, {}),
  accept: row("accept", Reply.ACCEPT, {}),
  reject: row("reject", Reply.REJECT, {}),
  tempfail: row("tempfail", Reply.TEMPFAIL, {}),
  discard: row("discard", Reply.DISCARD, {}),
  skip: row("skip", Reply.SKIP, {}),
  replyCode: row("reply", Reply.REPLY_CODE, { text: "string" }),
  connectionFail: row("connection-fail", Reply.CONNECTION_FAIL, {}),
  shutdown: row("shutdown", Reply.SHUTDOWN, {}),
  progress: row("progress", Reply.PROGRESS, {}),
  addHeader: row("add-header", Reply.ADD_HEADER, { name: "string", value: "string" }),
  insertHeader: row("insert-header", Reply.INSERT_HEADER, { index: "u32", name: "string", value: "string" }),
  changeHeader: row("change-header", Reply.CHANGE_HEADER, { index: "u32", name: "string", value: "string" }),
  addRcpt: row("add-rcpt", Reply.ADD_RCPT, { address: "string" }),
  addRcptPar: row("add-rcpt-par", Reply.ADD_RCPT_PAR, { address: "string", args: "string?" }),
  deleteRcpt: row("delete-rcpt", Reply.DELETE_RCPT, { address: "string" }),
  changeFrom: row("change-from", Reply.CHANGE_FROM, { address: "string", args: "string?" }),
  replaceBody: row("replace-body", Reply.REPLACE_BODY, { chunk: "bytes" }),
  quarantine: row("quarantine", Reply.QUARANTINE, { reason: "string" }),
} as const;

const EMPTY = new Uint8Array(0);

/**
 * Writes a packet.
 *
 * @param writer where to write it
 * @param spec the packet's row
 * @param values its fields; strings must not contain NUL
 */
export function encode<S extends PacketSpec>(writer: FrameWriter, spec: S, values: PacketValues<S>): void {
  writer.begin(spec.letter);
  for (const field in spec.fields) {
    const value: unknown = (values as Record<string, unknown>)[field];
    if (value === undefined) continue;
    switch (spec.fields[field]) {
      case "u8":
      case "u8?":
        writer.u8(value as number);
        break;
      case "u16?":
        writer.u16(value as number);
        break;
      case "u32":
        writer.u32(value as number);
        break;
      case "string":
      case "string?":
        writer.raw(value as Uint8Array);
        writer.u8(0);
        break;
      case "strings":
        for (const item of value as Uint8Array[]) {
          writer.raw(item);
          writer.u8(0);
        }
        break;
      case "bytes":
        writer.raw(value as Uint8Array);
        break;
      case "lists":
        for (const list of value as MacroList[]) {
          writer.u32(list.stage);
          writer.raw(list.names);
          writer.u8(0);
        }
        break;
    }
  }
  writer.end();
}

/**
 * Reads a packet's payload. Returns views of `bytes`, not copies. Bytes after the last field are ignored, as in libmilter.
 *
 * @param spec the packet's row
 * @param bytes contains the payload
 * @param start where it begins
 * @param end where it ends
 * @throws {ProtocolError} `packet-malformed` if a field is cut off or a string has no NUL
 */
export function decode<S extends PacketSpec>(
  spec: S,
  bytes: Uint8Array,
  start: number,
  end: number,
): PacketValues<S> {
  const values: Record<string, unknown> = {};
  let at = start;
  for (const field in spec.fields) {
    const kind = spec.fields[field];
    if (at === end && kind?.endsWith("?")) {
      values[field] = undefined;
      continue;
    }
    switch (kind) {
      case "u8":
      case "u8?":
        if (at + 1 > end) throw malformed(spec, end - start);
        values[field] = bytes[at++];
        break;
      case "u16?":
        if (at + 2 > end) throw malformed(spec, end - start);
        values[field] = (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
        at += 2;
        break;
      case "u32":
        if (at + 4 > end) throw malformed(spec, end - start);
        values[field] = uint32At(bytes, at);
        at += 4;
        break;
      case "string":
      case "string?": {
        const nul = stringEnd(spec, bytes, at, end);
        values[field] = bytes.subarray(at, nul);
        at = nul + 1;
        break;
      }
      case "strings": {
        const items: Uint8Array[] = [];
        while (at < end) {
          const nul = stringEnd(spec, bytes, at, end);
          items.push(bytes.subarray(at, nul));
          at = nul + 1;
        }
        values[field] = items;
        break;
      }
      case "bytes":
        values[field] = at === end ? EMPTY : bytes.subarray(at, end);
        at = end;
        break;
      case "lists": {
        const lists: MacroList[] = [];
        while (at < end) {
          if (at + 4 > end) throw malformed(spec, end - start);
          const stage = uint32At(bytes, at);
          const nul = stringEnd(spec, bytes, at + 4, end);
          lists.push({ stage, names: bytes.subarray(at + 4, nul) });
          at = nul + 1;
        }
        values[field] = lists;
        break;
      }
    }
  }
  return values as PacketValues<S>;
}

/** The index of the NUL of the string that begins at `at`. */
function stringEnd(spec: PacketSpec, bytes: Uint8Array, at: number, end: number): number {
  const nul = bytes.indexOf(0, at);
  if (nul < 0 || nul >= end) throw malformed(spec, end - at);
  return nul;
}

/**
 * Checks that a payload consists of NUL-ended strings, at least one.
 *
 * @throws {ProtocolError} `packet-malformed` if it does not
 */
export function checkStrings(spec: PacketSpec, bytes: Uint8Array, start: number, end: number): void {
  if (start === end || bytes[end - 1] !== 0) throw malformed(spec, end - start);
}

/**
 * The index of the NUL after the first of the two strings of a payload.
 *
 * @throws {ProtocolError} `packet-malformed` if there are not two
 */
export function firstStringEnd(spec: PacketSpec, bytes: Uint8Array, start: number, end: number): number {
  // Names are short, so a loop is faster than `indexOf`.
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  if (at + 1 >= end || bytes[end - 1] !== 0) throw malformed(spec, end - start);
  return at;
}

function malformed(spec: PacketSpec, length: number): ProtocolError {
  return new ProtocolError(
    "packet-malformed",
    letter(spec.letter),
    `Malformed ${spec.name} packet (${
      letter(spec.letter)
    }, ${length} bytes): a field is cut off or lacks its NUL`,
  );
}
