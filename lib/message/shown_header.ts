/**
 * The header as MTAs show it to filters: some fields are removed, some are cut.
 *
 * @module
 */

import { HeaderField } from "./header.ts";
import type { MtaKind } from "./mta.ts";

/** The fields that Postfix removes from every message before it asks a milter (`message_drop_headers`, postconf(5)). */
const DROPPED = ["Bcc", "Content-Length", "Resent-Bcc", "Return-Path"];

/**
 * Where Postfix cuts a field so that it fits a libmilter packet: name, colon and value, LF between folded lines
 * (`KLUDGE_HEADER_LIMIT` in cleanup_message.c). Sendmail rejects messages whose whole header is larger than 32 kB.
 */
const MAX_FIELD = 60_000;
/** Postfix cuts between lines if that loses no more than a tenth. */
const NICE_CUT = 0.9 * MAX_FIELD;
/** Postfix reads lines in records of this many bytes (`line_length_limit`); a NUL ends the text of a record. */
const RECORD = 2048;

const LF = 0x0a;

/** The fields that filters are shown, and those that they are not. */
export interface ShownHeader {
  /** What filters are shown. */
  readonly header: readonly HeaderField[];
  /** What the MTA removes before that. */
  readonly hidden: readonly HeaderField[];
}

/**
 * The part of a header that an MTA shows filters.
 *
 * Postfix removes every `Bcc`, `Content-Length`, `Resent-Bcc` and `Return-Path`, ends a line at a NUL, and cuts fields that
 * are longer than 60000 bytes. Sendmail shows everything, without NULs.
 *
 * @param header the fields of the message
 * @param mta the MTA to behave like
 */
export function shownHeader(header: readonly HeaderField[], mta: MtaKind): ShownHeader {
  const shown = header.map((field) => withoutNul(field, mta));
  if (mta === "sendmail") return { header: shown, hidden: [] };
  const isDropped = (field: HeaderField) => DROPPED.some((name) => field.is(name));
  return {
    header: shown.filter((field) => !isDropped(field)).map(cut),
    hidden: shown.filter(isDropped),
  };
}

function withoutNul(field: HeaderField, mta: MtaKind): HeaderField {
  const value = field.rawValueBytes;
  if (!value.includes(0)) return field;
  return HeaderField.of(
    field.nameBytes,
    mta === "sendmail" ? value.filter((byte) => byte !== 0) : cutAtNuls(value, field.nameBytes.length + 1),
    true,
  );
}

/** Cuts each record at its first NUL; `before` is the length of the name and colon in the first line. */
function cutAtNuls(value: Uint8Array, before: number): Uint8Array {
  const kept = new Uint8Array(value.length);
  let length = 0;
  let inRecord = before % RECORD;
  let ended = false;
  for (const byte of value) {
    if (byte === LF || inRecord === RECORD) {
      inRecord = 0;
      ended = false;
    }
    if (byte === 0) ended = true;
    if (!ended) kept[length++] = byte;
    if (byte !== LF) inRecord++;
  }
  return kept.subarray(0, length);
}

function cut(field: HeaderField): HeaderField {
  const { nameBytes, rawValueBytes: value } = field;
  const most = MAX_FIELD - nameBytes.length - 1;
  if (value.length <= most) return field;
  const lineEnd = value.lastIndexOf(LF, most);
  const isNice = lineEnd >= 0 && nameBytes.length + 1 + lineEnd + 1 > NICE_CUT;
  return HeaderField.of(nameBytes, value.subarray(0, isNice ? lineEnd : Math.max(most, 0)), true);
}
