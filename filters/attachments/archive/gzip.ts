/**
 * Reads the one file in a gzip file (RFC 1952).
 *
 * @module
 */

import type { ArchiveFiles } from "./archived_file.ts";
import { byteView, nameText } from "./binary.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import { unpacked } from "./inflate.ts";
import type { Source } from "./source.ts";

/** Enough for the header with a name of 255 bytes and a usual extra field. */
const HEADER = 1024;
/** Flags: an extra field, a name. */
const EXTRA = 4;
const NAME = 8;
/** A tar file is recognized by its first block. */
const HEAD = 512;

/**
 * Lists the file.
 *
 * @param source the gzip file
 * @param effort counts what is read and unpacked
 * @param outerName the name of the gzip file, for a file whose name it does not hold; undefined if it has none
 * @throws {UnreadableArchiveError} if it is damaged
 */
export async function* listGzip(source: Source, effort: Effort, outerName: string | undefined): ArchiveFiles {
  const names = new Set<string>();
  const own = await ownName(source, effort);
  if (own !== undefined) names.add(own);
  // Programs name the file by the gzip file's own name unless told otherwise.
  if (outerName !== undefined) names.add(nameWithout(outerName));
  if (names.size === 0) names.add("content");
  const content = unpacked(source, "gzip", effort);
  const cursor = new Cursor(content, effort);
  let head: Uint8Array;
  try {
    head = await cursor.read(HEAD);
  } finally {
    await cursor.close();
  }
  const [first, ...others] = names;
  yield { name: first!, head, isEncrypted: false, open: () => content };
  // The content was listed with the first name.
  for (const name of others) yield { name, head: head.subarray(0, 0), isEncrypted: false };
}

async function ownName(source: Source, effort: Effort): Promise<string | undefined> {
  const cursor = new Cursor(source, effort);
  try {
    const header = await cursor.read(HEADER);
    if (header.length < 18) throw new UnreadableArchiveError("is cut off");
    const flags = header[3]!;
    if ((flags & NAME) === 0) return undefined;
    const at = 10 + ((flags & EXTRA) === 0 ? 0 : 2 + byteView(header).getUint16(10, true));
    const end = header.indexOf(0, at);
    return end > at ? nameText(header.subarray(at, end)) : undefined;
  } finally {
    await cursor.close();
  }
}

/** `a.tgz` holds `a.tar`, and `a.txt.gz` holds `a.txt`. */
function nameWithout(name: string): string {
  return /\.tgz$/i.test(name) ? name.replace(/gz$/i, "ar") : name.replace(/\.gz$/i, "");
}
