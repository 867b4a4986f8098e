/**
 * Lists the files in a zip file.
 *
 * @module
 */

import type { ArchivedFile, ArchiveFiles } from "./archived_file.ts";
import { beginsWith, byteView, nameText } from "./binary.ts";
import { Seekable } from "./seekable.ts";
import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import { PACKED_HEAD, unpacked, unpackedHead } from "./inflate.ts";
import type { Source } from "./source.ts";
import { readZipDirectory, type ZipEntry } from "./zip_directory.ts";

const LOCAL = [0x50, 0x4b, 3, 4];
const LOCAL_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;
const NOTHING: Uint8Array = new Uint8Array(0);
/** How much is looked at at once between the files. */
const GAP_PIECE = 64 * 1024;
/** The longest name that is believed of a header that the directory does not list. */
const LONGEST_HIDDEN = 1024;

/**
 * Lists the files that the directory names, and beyond: the names in the files' own headers, if these differ, and files
 * that only have such headers. Some programs unpack by the one, some by the other, and so archives are made that look
 * harmless to a filter.
 *
 * @param source the zip file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged, at the latest after its last file
 */
export async function* listZip(source: Source, effort: Effort): ArchiveFiles {
  const zip = await Seekable.load(source, effort);
  try {
    const { entries, start } = await readZipDirectory(zip);
    let problem: string | undefined;
    let position = 0;
    for (const entry of entries) {
      if (entry.at > position) yield* hiddenFiles(zip, position, Math.min(entry.at, start));
      const local = await readLocal(zip, entry.at);
      if (local === undefined || entry.at < position) {
        problem ??= local ? "has files that overlap" : "has no file where its directory says";
      }
      if (!entry.name.endsWith("/")) yield await fileOf(zip, entry, local, effort);
      if (local === undefined) continue;
      if (local.name !== entry.name && !local.name.endsWith("/")) {
        yield { ...await fileOf(zip, entry, local, effort), name: local.name };
      }
      position = Math.max(position, local.contentAt + entry.packed);
    }
    if (start > position) yield* hiddenFiles(zip, position, start);
    if (problem !== undefined) throw new UnreadableArchiveError(problem);
  } finally {
    await zip.close();
  }
}

interface LocalHeader {
  readonly name: string;
  readonly contentAt: number;
}

async function readLocal(zip: Seekable, at: number): Promise<LocalHeader | undefined> {
  if (at < 0 || at + LOCAL_SIZE > zip.size) return undefined;
  const header = await zip.read(at, LOCAL_SIZE);
  if (!beginsWith(header, LOCAL)) return undefined;
  const nameLength = byteView(header).getUint16(26, true);
  return localHeader(await zip.read(at, LOCAL_SIZE + nameLength), at);
}

/** @param bytes the header with its name */
function localHeader(bytes: Uint8Array, at: number): LocalHeader {
  const view = byteView(bytes);
  const nameEnd = LOCAL_SIZE + view.getUint16(26, true);
  return {
    name: nameText(bytes.subarray(LOCAL_SIZE, nameEnd)),
    contentAt: at + nameEnd + view.getUint16(28, true),
  };
}

async function fileOf(
  zip: Seekable,
  entry: ZipEntry,
  local: LocalHeader | undefined,
  effort: Effort,
): Promise<ArchivedFile> {
  const { name, method, packed, isEncrypted } = entry;
  const isRead = local !== undefined && !isEncrypted && (method === STORED || method === DEFLATED);
  if (!isRead) return { name, head: NOTHING, isEncrypted };
  const { contentAt } = local;
  const packedHead = await zip.read(contentAt, Math.min(packed, PACKED_HEAD));
  return {
    name,
    head: method === STORED ? packedHead : unpackedHead(packedHead),
    isEncrypted,
    open: async () => {
      const content = await zip.slice(contentAt, packed);
      return method === STORED ? content : unpacked(content, "deflate", effort);
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
      if (local && local.contentAt <= to && isPlausible(local.name)) {
        yield { name: local.name, head: NOTHING, isEncrypted: false };
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
