/**
 * Lists the files in a zip file.
 *
 * @module
 */

import type { ArchivedFile, ArchiveFiles } from "./archived_file.ts";
import { beginsWith, byteView } from "./binary.ts";
import { Seekable } from "./seekable.ts";
import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import { inflated, unpackedSource } from "./inflate.ts";
import type { Source } from "./source.ts";
import {
  readZipDirectory,
  type ZipDirectory,
  type ZipEntry,
  type ZipNames,
  zipNames,
} from "./zip_directory.ts";
import { ZipHeads } from "./zip_heads.ts";

const LOCAL = [0x50, 0x4b, 3, 4];
const LOCAL_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;
/** General purpose flag, bit 0: the content is encrypted. */
const ENCRYPTED = 1;
/** General purpose flag, bit 3: the size is not in the file's own header, but after its content. */
const SIZE_BEHIND = 1 << 3;
/** A size that is in an extra field. */
const FULL = 0xffffffff;
const NOTHING: Uint8Array = new Uint8Array(0);
/** How much is searched at once between the files. */
const GAP_PIECE = 64 * 1024;
/** The longest plausible name in a header that the directory does not list. */
const LONGEST_HIDDEN = 1024;

/**
 * Lists the files in the directory, and also the names in the files' own headers if they differ, and files that have
 * only such headers. Some programs unpack by one, some by the other, so archives can be made that look harmless to a
 * filter.
 *
 * @param source the zip file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged, at the latest after its last file
 */
export async function* listZip(source: Source, effort: Effort): ArchiveFiles {
  const zip = await Seekable.load(source, effort);
  try {
    let directory: ZipDirectory;
    try {
      directory = await readZipDirectory(zip);
    } catch (error) {
      // Some programs look for the directory in more of the file, or do without one.
      if (error instanceof UnreadableArchiveError) yield* hiddenFiles(zip, 0, zip.size);
      throw error;
    }
    const { entries, start } = directory;
    const heads = new ZipHeads(zip, effort);
    let problem: string | undefined;
    // Where the files so far end, by the directory; and how far there can be no headers that it does not list.
    let [end, position] = [0, 0];
    for (const entry of entries) {
      if (entry.at > position) yield* hiddenFiles(zip, position, Math.min(entry.at, start));
      const local = await readLocal(zip, entry.at);
      if (local === undefined || entry.at < end) {
        problem ??= local ? "has files that overlap" : "has no file where its directory says";
      }
      const names = new Set([...entry.names, ...local?.names ?? []].filter((name) => !name.endsWith("/")));
      if (names.size > 0) {
        const file = await fileOf(zip, heads, entry, local, effort);
        for (const name of names) yield { ...file, name };
      }
      if (local === undefined) continue;
      end = Math.max(end, local.contentAt + entry.packed);
      position = Math.max(position, local.contentAt + sureSize(entry, local));
    }
    if (start > position) yield* hiddenFiles(zip, position, start);
    if (problem !== undefined) throw new UnreadableArchiveError(problem);
  } finally {
    await zip.close();
  }
}

/** What a file's own header says. */
interface LocalHeader {
  readonly names: ZipNames;
  readonly contentAt: number;
  /** How many bytes the packed content has; undefined if that is said elsewhere. */
  readonly packed: number | undefined;
  /** Whether the content is encrypted. */
  readonly isEncrypted: boolean;
}

async function readLocal(zip: Seekable, at: number): Promise<LocalHeader | undefined> {
  if (at < 0 || at + LOCAL_SIZE > zip.size) return undefined;
  const header = await zip.read(at, LOCAL_SIZE);
  if (!beginsWith(header, LOCAL)) return undefined;
  const view = byteView(header);
  const length = LOCAL_SIZE + view.getUint16(26, true) + view.getUint16(28, true);
  return localHeader(await zip.read(at, length), at);
}

/** @param bytes the header with its name and extra fields */
function localHeader(bytes: Uint8Array, at: number): LocalHeader {
  const view = byteView(bytes);
  const nameEnd = LOCAL_SIZE + view.getUint16(26, true);
  const end = nameEnd + view.getUint16(28, true);
  const packed = view.getUint32(18, true);
  const isElsewhere = (view.getUint16(6, true) & SIZE_BEHIND) !== 0 || packed === FULL;
  return {
    names: zipNames(bytes.subarray(LOCAL_SIZE, nameEnd), bytes.subarray(nameEnd, end)),
    contentAt: at + end,
    packed: isElsewhere ? undefined : packed,
    isEncrypted: (view.getUint16(6, true) & ENCRYPTED) !== 0,
  };
}

/**
 * How many bytes after a header are certainly content rather than headers of other files. The directory may claim more,
 * to hide these from filters: programs that read from the beginning rely on the header, or on where deflated content
 * ends.
 */
function sureSize({ method, packed }: ZipEntry, local: LocalHeader): number {
  if (local.packed !== undefined) return Math.min(local.packed, packed);
  return method === DEFLATED ? 0 : packed;
}

async function fileOf(
  zip: Seekable,
  heads: ZipHeads,
  entry: ZipEntry,
  local: LocalHeader | undefined,
  effort: Effort,
): Promise<Omit<ArchivedFile, "name">> {
  const { method, packed, isEncrypted } = entry;
  const isRead = local !== undefined && !isEncrypted && (method === STORED || method === DEFLATED);
  if (!isRead) return { head: NOTHING, isEncrypted };
  const { contentAt } = local;
  return {
    head: await heads.read({ at: contentAt, packed, isDeflated: method === DEFLATED }),
    isEncrypted,
    open: async () => {
      const content = await zip.slice(contentAt, packed);
      return method === STORED ? content : unpackedSource(() => inflated(content, 0, effort), effort);
    },
  };
}

/** Files that no directory lists, by their headers. Without sizes to rely on, their content stays unread. */
async function* hiddenFiles(zip: Seekable, from: number, to: number): ArchiveFiles {
  let [piece, at] = [NOTHING, from];
  while (at + LOCAL_SIZE <= to) {
    // What is left of the piece before may be the beginning of a header.
    piece = await zip.read(at, Math.min(GAP_PIECE, to - at));
    if (piece.length < LOCAL_SIZE) return;
    const isLast = at + piece.length >= to;
    let next = 0;
    for (;;) {
      const found = signatureIn(piece, next);
      if (found === undefined) {
        next = Math.max(next, piece.length - LOCAL.length + 1);
        break;
      }
      next = found;
      // The rest of a header, with the longest name, comes with the next piece.
      if (found > 0 && !isLast && piece.length - found < LOCAL_SIZE + LONGEST_HIDDEN) break;
      const header = piece.subarray(found);
      const local = header.length < LOCAL_SIZE ? undefined : localHeader(header, at + found);
      if (local && local.contentAt <= to && isPlausible(local.names[0])) {
        for (const name of local.names) yield { name, head: NOTHING, isEncrypted: local.isEncrypted };
      }
      next = found + LOCAL.length;
    }
    at += next;
  }
}

function signatureIn(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(LOCAL[0]!, from); at >= 0; at = bytes.indexOf(LOCAL[0]!, at + 1)) {
    if (beginsWith(bytes, LOCAL, at)) return at;
  }
  return undefined;
}

function isPlausible(name: string): boolean {
  return name !== "" && name.length <= LONGEST_HIDDEN && !name.includes("\0") && !name.endsWith("/");
}
