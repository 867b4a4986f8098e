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
import { inflated, unpackedSource } from "./inflate.ts";
import type { Source } from "./source.ts";

/** Enough for a header with the longest extra field, a name and a comment. */
const MOST_HEADER = 128 * 1024;
/** The minimum length of a header, and the length of what follows the content: its checksum and length. */
const LEAST_HEADER = 10;
const TRAILER = 8;
/** Flags: a checksum of the header, an extra field, a name, a comment. */
const HEADER_CHECKSUM = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
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
  const header = await headerAt(source, 0, effort);
  if (!header) throw new UnreadableArchiveError("is damaged");
  if (header.name !== undefined) names.add(header.name);
  // By default, programs derive the file's name from the gzip file's own name.
  if (outerName !== undefined) names.add(nameWithout(outerName));
  if (names.size === 0) names.add("content");
  const content = unpackedSource(() => members(source, effort), effort);
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

/**
 * The content of all members of a gzip file, which are concatenated. Checksums are not compared, and what follows the
 * last member is ignored: programs unpack such files too, some of them with a warning.
 */
async function* members(source: Source, effort: Effort): AsyncGenerator<Uint8Array, void> {
  let at = 0;
  for (let header = await headerAt(source, at, effort); header; header = await headerAt(source, at, effort)) {
    at += header.length;
    at += (yield* inflated(source, at, effort)) + TRAILER;
  }
}

interface Header {
  readonly length: number;
  readonly name: string | undefined;
}

/** The header of the member at a position; undefined if there is none. */
async function headerAt(source: Source, position: number, effort: Effort): Promise<Header | undefined> {
  const cursor = new Cursor(source, effort, position);
  let bytes: Uint8Array;
  try {
    bytes = await cursor.read(MOST_HEADER);
  } finally {
    await cursor.close();
  }
  if (bytes.length < LEAST_HEADER || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) {
    return undefined;
  }
  const flags = bytes[3]!;
  let at = LEAST_HEADER;
  if (flags & EXTRA) {
    if (bytes.length < at + 2) return undefined;
    at += 2 + byteView(bytes).getUint16(at, true);
  }
  let name: string | undefined;
  for (const flag of [NAME, COMMENT]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    if (flag === NAME && end > at) name = nameText(bytes.subarray(at, end));
    at = end + 1;
  }
  if (flags & HEADER_CHECKSUM) at += 2;
  return { length: at, name };
}

/** `a.tgz` holds `a.tar`, and `a.txt.gz` holds `a.txt`. */
function nameWithout(name: string): string {
  return /\.tgz$/i.test(name) ? name.replace(/gz$/i, "ar") : name.replace(/\.gz$/i, "");
}
