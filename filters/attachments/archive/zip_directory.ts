/**
 * The directory at the end of a zip file (APPNOTE 6.3.10, sections 4.3.12 to 4.3.16).
 *
 * @module
 */

import { beginsWith, byteView, nameText, uint64 } from "./binary.ts";
import type { Seekable } from "./seekable.ts";
import { ArchiveLimitError, NoZipError, UnreadableArchiveError } from "./errors.ts";

const END = [0x50, 0x4b, 5, 6];
const END_64 = [0x50, 0x4b, 6, 6];
const LOCATOR_64 = [0x50, 0x4b, 6, 7];
const ENTRY = [0x50, 0x4b, 1, 2];
const END_SIZE = 22;
const LOCATOR_64_SIZE = 20;
const ENTRY_SIZE = 46;
const MOST_COMMENT = 0xffff;
/** The largest directory that is read. That of 10,000 files with names of 100 characters has 1.5 MB. */
const MOST_DIRECTORY = 4 * 1024 * 1024;
/** General purpose flags: bit 0, the content is encrypted; bit 13, the directory is, too. */
const ENCRYPTED = 1;
const MASKED = 1 << 13;
/** Extra fields: numbers that do not fit 32 bits, and another name. */
const ZIP64_FIELD = 1;
const UNICODE_PATH_FIELD = 0x7075;

/** The names of a file: at least one, and another one if it differs. */
export type ZipNames = readonly [string, ...string[]];

/** What the directory says about a file. */
export interface ZipEntry {
  /** Its name, and the one in a field for Unicode, if there is one. */
  readonly names: ZipNames;
  /** Where its own header is: a position in the zip file. */
  readonly at: number;
  /** How many bytes its packed content has. */
  readonly packed: number;
  /** How it is packed: 0 not at all, 8 deflate. */
  readonly method: number;
  /** Whether its content is encrypted. */
  readonly isEncrypted: boolean;
}

/** The directories of a zip file. */
export interface ZipDirectory {
  /** The files in all of them, in the order of their positions. */
  readonly entries: readonly ZipEntry[];
  /** Where the first one begins: what is before it are files. */
  readonly start: number;
}

/**
 * Reads the directory. Where the end record allows two readings of where it is, programs differ, and both are read.
 *
 * @param zip the zip file
 * @throws {UnreadableArchiveError} if there is none, or it is damaged
 * @throws {ArchiveLimitError} if it is too large
 */
export async function readZipDirectory(zip: Seekable): Promise<ZipDirectory> {
  const places = await findDirectories(zip);
  const entries: ZipEntry[] = [];
  for (const { at, size, shift } of places) {
    if (size > MOST_DIRECTORY) {
      throw new ArchiveLimitError(`a zip file with a directory of more than ${MOST_DIRECTORY} bytes`);
    }
    entries.push(...entriesOf(await zip.read(at, size), shift));
  }
  entries.sort((a, b) => a.at - b.at);
  return { entries, start: Math.min(...places.map(({ at }) => at)) };
}

interface Place {
  readonly at: number;
  readonly size: number;
  /** The size of what was put before the zip file: positions count from after it. */
  readonly shift: number;
}

async function findDirectories(zip: Seekable): Promise<readonly Place[]> {
  const tailAt = Math.max(0, zip.size - END_SIZE - MOST_COMMENT);
  const tail = await zip.read(tailAt, zip.size - tailAt);
  const endInTail = findEnd(tail);
  if (endInTail === undefined) throw new NoZipError();
  const view = byteView(tail);
  const end = tailAt + endInTail;
  let [size, at, behind] = [view.getUint32(endInTail + 12, true), view.getUint32(endInTail + 16, true), end];
  const large = await readEnd64(zip, end);
  if (large) ({ size, at, behind } = large);
  if (size === 0) return [{ at: behind, size: 0, shift: 0 }];
  const readings = [
    { at: behind - size, size, shift: behind - size - at },
    // A program that trusts the position ignores what lies between the directory and its end record.
    { at, size: behind - at, shift: 0 },
  ].filter((place, index, all) => place.at >= 0 && all.findIndex(({ at }) => at === place.at) === index);
  const places: Place[] = [];
  for (const place of readings) {
    if (place.at < behind && beginsWith(await zip.read(place.at, ENTRY.length), ENTRY)) places.push(place);
  }
  if (places.length === 0) throw new UnreadableArchiveError("has no directory where its end says");
  return places;
}

/** The end record: the last one whose comment is not cut off. */
function findEnd(tail: Uint8Array): number | undefined {
  const view = byteView(tail);
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    if (!beginsWith(tail, END, at)) continue;
    if (at + END_SIZE + view.getUint16(at + 20, true) <= tail.length) return at;
  }
  return undefined;
}

/** The end record for large files, if there is one before the other. */
async function readEnd64(
  zip: Seekable,
  end: number,
): Promise<{ size: number; at: number; behind: number } | undefined> {
  const locatorAt = end - LOCATOR_64_SIZE;
  if (locatorAt < 0) return undefined;
  const locator = await zip.read(locatorAt, LOCATOR_64_SIZE);
  if (!beginsWith(locator, LOCATOR_64)) return undefined;
  const place = uint64(byteView(locator), 8);
  // The usual place is right before the locator; where it says otherwise, something was put before the zip file.
  for (const at of [place, locatorAt - 56]) {
    if (at < 0 || at + 56 > zip.size) continue;
    const record = await zip.read(at, 56);
    if (!beginsWith(record, END_64)) continue;
    const view = byteView(record);
    return { size: uint64(view, 40), at: uint64(view, 48), behind: at };
  }
  throw new UnreadableArchiveError("has no directory where its end says");
}

function entriesOf(directory: Uint8Array, shift: number): ZipEntry[] {
  const view = byteView(directory);
  const entries: ZipEntry[] = [];
  for (let at = 0; beginsWith(directory, ENTRY, at) && at + ENTRY_SIZE <= directory.length;) {
    const flags = view.getUint16(at + 8, true);
    if ((flags & MASKED) !== 0) throw new UnreadableArchiveError("has an encrypted directory");
    const method = view.getUint16(at + 10, true);
    const nameAt = at + ENTRY_SIZE;
    const extraAt = nameAt + view.getUint16(at + 28, true);
    const extraEnd = extraAt + view.getUint16(at + 30, true);
    if (extraEnd > directory.length) throw new UnreadableArchiveError("has a directory that is cut off");
    const { packed, position } = largeNumbers(
      { packed: view.getUint32(at + 20, true), position: view.getUint32(at + 42, true) },
      view.getUint32(at + 24, true),
      directory.subarray(extraAt, extraEnd),
    );
    entries.push({
      names: zipNames(directory.subarray(nameAt, extraAt), directory.subarray(extraAt, extraEnd)),
      at: position + shift,
      packed,
      method,
      isEncrypted: (flags & ENCRYPTED) !== 0,
    });
    at = extraEnd + view.getUint16(at + 32, true);
  }
  return entries;
}

/** Replaces the numbers that did not fit 32 bits by those of the field for them, in which only such numbers are. */
function largeNumbers(
  { packed, position }: { packed: number; position: number },
  size: number,
  extra: Uint8Array,
): { packed: number; position: number } {
  const FULL = 0xffffffff;
  if (packed !== FULL && position !== FULL) return { packed, position };
  const field = extraField(extra, ZIP64_FIELD);
  if (field === undefined) return { packed, position };
  const view = byteView(field);
  let next = size === FULL ? 8 : 0;
  const take = () => {
    next += 8;
    return next <= field.length ? uint64(view, next - 8) : Infinity;
  };
  return {
    packed: packed === FULL ? take() : packed,
    position: position === FULL ? take() : position,
  };
}

/**
 * The names of a file. Programs should use the one in the Unicode field only if its checksum matches the other name;
 * not all of them check, so it always counts.
 *
 * @param name the name of a header
 * @param extra the extra fields of the header
 */
export function zipNames(name: Uint8Array, extra: Uint8Array): ZipNames {
  const plain = nameText(name);
  // Its version and a checksum come first.
  const unicode = nameText(extraField(extra, UNICODE_PATH_FIELD)?.subarray(5) ?? name);
  return unicode === plain || unicode === "" ? [plain] : [plain, unicode];
}

/** The content of the first extra field of a kind; undefined if there is none. */
function extraField(extra: Uint8Array, kind: number): Uint8Array | undefined {
  const view = byteView(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const end = Math.min(at + 4 + view.getUint16(at + 2, true), extra.length);
    if (view.getUint16(at, true) === kind) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}
