/**
 * Lists the files in a tar file (POSIX.1-2024 pax, and GNU's long names).
 *
 * @module
 */

import type { ArchivedFile, ArchiveFiles } from "./archived_file.ts";
import { nameText } from "./binary.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import { slice, type Source, sourceOf } from "./source.ts";

const BLOCK = 512;
/** The longest name, or set of pax records, that is read; more than file systems allow. */
const MOST_EXTENSION = 64 * 1024;
/** How much of a file is read to see what it is. */
const HEAD = 512;
/** Smaller files are kept instead of being read again. */
const KEPT = 512 * 1024;
/** Types of entries that are about the next one. */
const PAX = "x";
const GNU_LONG_NAME = "L";
/** Types of files: with content, and all others that programs take for one. */
const NO_FILE = new Set(["1", "2", "3", "4", "5", "6", "g", "K", "V"]);

/** Whether a block is a header: its checksum is right. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  const sum = octal(block.subarray(148, 156));
  let actual = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) actual += block[at]!;
  return sum === actual;
}

/**
 * Lists the files.
 *
 * @param source the tar file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged
 */
export async function* listTar(source: Source, effort: Effort): ArchiveFiles {
  const cursor = new Cursor(source, effort);
  try {
    let longName: string | undefined;
    let longSize: number | undefined;
    for (;;) {
      const header = await cursor.read(BLOCK);
      if (header.length === 0 || header.every((byte) => byte === 0)) return;
      if (!isTarHeader(header)) throw new UnreadableArchiveError("has a damaged header");
      const type = String.fromCharCode(header[156]!);
      const size = longSize ?? numberOf(header.subarray(124, 136));
      longSize = undefined;
      const end = cursor.position + Math.ceil(size / BLOCK) * BLOCK;
      if (type === PAX || type === GNU_LONG_NAME) {
        if (size > MOST_EXTENSION) throw new UnreadableArchiveError("has a name that is too long");
        const text = await cursor.read(size);
        if (type === PAX) {
          const records = paxRecords(text);
          longName = records.get("path") ?? longName;
          longSize = wholeNumber(records.get("size"));
        } else {
          longName = beforeNul(text);
        }
      } else {
        const name = longName ?? nameIn(header);
        longName = undefined;
        if (!NO_FILE.has(type) && !name.endsWith("/")) {
          yield await fileAt(cursor, source, name, size);
        }
      }
      await cursor.skip(end - cursor.position);
      if (cursor.position < end) throw new UnreadableArchiveError("is cut off");
    }
  } finally {
    await cursor.close();
  }
}

async function fileAt(
  cursor: Cursor,
  source: Source,
  name: string,
  size: number,
): Promise<ArchivedFile> {
  const at = cursor.position;
  if (size > KEPT) {
    const head = await cursor.read(HEAD);
    return { name, head, isEncrypted: false, open: () => slice(source, at, size) };
  }
  const content = await cursor.read(size);
  return { name, head: content.subarray(0, HEAD), isEncrypted: false, open: () => sourceOf(content) };
}

function nameIn(header: Uint8Array): string {
  const name = beforeNul(header.subarray(0, 100));
  const isUstar = nameText(header.subarray(257, 262)) === "ustar";
  const prefix = isUstar ? beforeNul(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function beforeNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return nameText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Octal digits, or binary with the highest bit set as GNU writes large ones. */
function numberOf(field: Uint8Array): number {
  if ((field[0]! & 0x80) === 0) return octal(field);
  let value = field[0]! & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new UnreadableArchiveError("has a damaged header");
  return value;
}

function octal(field: Uint8Array): number {
  const [digits = ""] = /[0-7]+/.exec(nameText(field)) ?? [];
  return digits === "" ? 0 : parseInt(digits, 8);
}

/** Records such as `25 path=folder/file.txt\n`, whose number is the length of the record in bytes. */
function paxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? 0 : wholeNumber(nameText(bytes.subarray(at, space))) ?? 0;
    if (length <= space - at || at + length > bytes.length) break;
    const record = nameText(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf("=");
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
