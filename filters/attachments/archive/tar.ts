/**
 * Lists the files in a tar file (POSIX.1-2024 pax, and GNU's long names).
 *
 * @module
 */

import type { ArchivedFile, ArchiveFiles } from "./archived_file.ts";
import { nameText } from "./binary.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { ArchiveLimitError, UnreadableArchiveError } from "./errors.ts";
import { slice, type Source, sourceOf } from "./source.ts";

const BLOCK = 512;
/** The longest name, or set of pax records, that is read: room for a name and for attributes of file systems. */
const MOST_EXTENSION = 1024 * 1024;
/** How much of a file is read to see what it is. */
const HEAD = 512;
/** Smaller files are kept instead of being read again. */
const KEPT = 512 * 1024;
/** Types of entries that are about the next one, or all that follow. */
const PAX = "x";
const GLOBAL_PAX = "g";
const GNU_LONG_NAME = "L";
/** The pax record for the name of a file with holes. */
const SPARSE_NAME = "GNU.sparse.name";
/** Types of files: with content, and all others that programs take for one. */
const NO_FILE = new Set(["1", "2", "3", "4", "5", "6", "K", "V"]);

/** Whether a block is a header: its checksum is right. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  const sum = octal(block.subarray(148, 156));
  let actual = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) actual += block[at]!;
  return sum === actual;
}

/**
 * Lists the files, each with every name that entries before it give: programs differ in which they know.
 *
 * @param source the tar file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged
 * @throws {ArchiveLimitError} if a name is too long
 */
export async function* listTar(source: Source, effort: Effort): ArchiveFiles {
  const cursor = new Cursor(source, effort);
  try {
    const longNames = new Set<string>();
    /** Names that some programs do not know. */
    const otherNames = new Set<string>();
    let longSize: number | undefined;
    for (;;) {
      const header = await cursor.read(BLOCK);
      if (header.length === 0 || header.every((byte) => byte === 0)) return;
      if (!isTarHeader(header)) throw new UnreadableArchiveError("has a damaged header");
      const type = String.fromCharCode(header[156]!);
      const size = longSize ?? numberOf(header.subarray(124, 136));
      longSize = undefined;
      const end = cursor.position + Math.ceil(size / BLOCK) * BLOCK;
      if (type === PAX || type === GLOBAL_PAX || type === GNU_LONG_NAME) {
        if (size > MOST_EXTENSION) {
          throw new ArchiveLimitError(`a tar file with a name of more than ${MOST_EXTENSION} bytes`);
        }
        const text = await cursor.read(size);
        if (type === GNU_LONG_NAME) {
          longNames.add(beforeNul(text));
        } else {
          const records = paxRecords(text);
          const [path, sparse] = [records.get("path"), records.get(SPARSE_NAME)];
          if (path !== undefined) (type === PAX ? longNames : otherNames).add(path);
          if (sparse !== undefined) otherNames.add(sparse);
          if (type === PAX) longSize = wholeNumber(records.get("size"));
        }
      } else {
        const ownNames = longNames.size > 0 ? longNames : [nameIn(header)];
        const names = new Set([...ownNames, ...otherNames]);
        longNames.clear();
        otherNames.clear();
        const fileNames = NO_FILE.has(type) ? [] : [...names].filter((name) => !name.endsWith("/"));
        if (fileNames.length > 0) {
          const file = await fileAt(cursor, source, size);
          for (const name of fileNames) yield { ...file, name };
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
  size: number,
): Promise<Omit<ArchivedFile, "name">> {
  const at = cursor.position;
  if (size > KEPT) {
    const head = await cursor.read(HEAD);
    return { head, isEncrypted: false, open: () => slice(source, at, size) };
  }
  const content = await cursor.read(size);
  return { head: content.subarray(0, HEAD), isEncrypted: false, open: () => sourceOf(content) };
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
    if (space < 0) break;
    const length = wholeNumber(nameText(bytes.subarray(at, space))) ?? 0;
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
