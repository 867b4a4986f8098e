/**
 * Lists the files in a 7z file, from its directory; their content is packed with unsupported methods (7zFormat.txt of
 * 7-Zip's sources).
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { ArchivedFile, ArchiveFiles } from "./archived_file.ts";
import { byteView, uint64 } from "./binary.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { ArchiveLimitError, UnreadableArchiveError } from "./errors.ts";
import { unpackLzma } from "./lzma.ts";
import type { Folder, Streams } from "./seven_zip_streams.ts";
import { Property, readStreams } from "./seven_zip_streams.ts";
import { SevenZipFields } from "./seven_zip_fields.ts";
import type { Source } from "./source.ts";

const START = 32;
/** The largest directory that is read, packed and unpacked. That of 10,000 files has about 1 MB. */
const MOST_DIRECTORY = 4 * 1024 * 1024;
const NOTHING = new Uint8Array(0);
const COPY = "00";
const LZMA = "030101";
const AES = "06f10701";

/**
 * Lists the files.
 *
 * @param source the 7z file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged
 * @throws {ArchiveLimitError} if its directory is too large
 */
export async function* listSevenZip(source: Source, effort: Effort): ArchiveFiles {
  const start = await range(source, 0, START, effort);
  const view = byteView(start);
  const [at, size] = [START + uint64(view, 12), uint64(view, 20)];
  if (size === 0) {
    // It is empty; or the program that wrote it did not finish, and other programs find the directory nevertheless.
    if (await hasMore(source, effort)) {
      throw new UnreadableArchiveError("does not say where its directory is");
    }
    return;
  }
  let header: Uint8Array = await range(source, at, size, effort);
  // A packed directory may itself be packed, though 7-Zip does that once.
  for (let times = 0; header[0] === Property.EncodedHeader; times++) {
    if (times === 4) throw new UnreadableArchiveError("has a directory that is packed too many times");
    const streams = readStreams(new SevenZipFields(header.subarray(1)), effort);
    const [folder] = streams.folders;
    if (folder === undefined) throw new UnreadableArchiveError("has a damaged directory");
    if (isEncrypted(folder)) {
      // Even the names are.
      yield { name: "", head: NOTHING, isEncrypted: true };
      return;
    }
    const packed = await range(source, START + streams.packedAt, streams.packedSizes[0] ?? 0, effort);
    effort.spend(folder.size);
    header = unpackFolder(folder, packed);
    // That may have taken a while.
    await setImmediate();
  }
  yield* filesOf(header, effort);
}

function* filesOf(header: Uint8Array, effort: Effort): Generator<ArchivedFile> {
  const fields = new SevenZipFields(header);
  if (fields.byte() !== Property.Header) throw new UnreadableArchiveError("has a damaged directory");
  let property = fields.byte();
  if (property === Property.ArchiveProperties) {
    for (let kind = fields.byte(); kind !== Property.End; kind = fields.byte()) fields.skip(fields.number());
    property = fields.byte();
  }
  if (property === Property.AdditionalStreams) {
    readStreams(fields, effort);
    property = fields.byte();
  }
  let streams: Streams | undefined;
  if (property === Property.MainStreams) {
    streams = readStreams(fields, effort);
    property = fields.byte();
  }
  if (property === Property.End) return;
  if (property !== Property.Files) throw new UnreadableArchiveError("has a damaged directory");
  const files = filesIn(fields, effort);
  const encrypted = (streams?.folders ?? []).flatMap((folder) =>
    new Array<boolean>(folder.files).fill(isEncrypted(folder))
  );
  let stream = 0;
  for (const [index, name] of files.names.entries()) {
    const hasContent = !files.isEmpty[index];
    // What has no content is a folder, or else an empty file.
    if (hasContent || files.isEmptyFile[index]) {
      yield {
        name: name.replaceAll("\\", "/"),
        head: NOTHING,
        isEncrypted: hasContent && (encrypted[stream] ?? false),
      };
    } else {
      // Folders are not listed, and cost as much.
      effort.countFile();
    }
    if (hasContent) stream++;
  }
}

interface Files {
  readonly names: readonly string[];
  /** Which have no content. */
  readonly isEmpty: readonly boolean[];
  /** Which of these are files. */
  readonly isEmptyFile: readonly boolean[];
}

function filesIn(fields: SevenZipFields, effort: Effort): Files {
  const count = fields.count();
  effort.expectFiles(count);
  // Only the last one of each kind counts. Reading all would cost much if there are a million.
  const contents = new Map<number, Uint8Array>();
  for (let property = fields.byte(); property !== Property.End; property = fields.byte()) {
    contents.set(property, fields.take(fields.number()));
  }
  const contentOf = (property: number) => {
    const content = contents.get(property);
    return content && new SevenZipFields(content);
  };
  const isEmpty = contentOf(Property.EmptyStream)?.bits(count) ?? [];
  const isFile = contentOf(Property.EmptyFile)?.bits(isEmpty.filter(Boolean).length) ?? [];
  let next = 0;
  const isEmptyFile = isEmpty.map((without) => without && (isFile[next++] ?? false));
  const names = contentOf(Property.Names);
  if (names && names.byte() !== 0) throw new UnreadableArchiveError("has its names elsewhere");
  return { names: names?.names(count) ?? [], isEmpty, isEmptyFile };
}

function isEncrypted(folder: Folder): boolean {
  return folder.coders.some(({ method }) => method === AES);
}

function unpackFolder({ coders, size }: Folder, packed: Uint8Array): Uint8Array {
  const [coder, ...others] = coders;
  if (size > MOST_DIRECTORY) throw tooLarge();
  if (others.length === 0 && coder?.method === COPY) return packed;
  if (others.length === 0 && coder?.method === LZMA) return unpackLzma(packed, coder.properties, size);
  throw new UnreadableArchiveError("has a directory that is packed in an unknown way");
}

async function range(source: Source, at: number, length: number, effort: Effort): Promise<Uint8Array> {
  if (length > MOST_DIRECTORY) throw tooLarge();
  const cursor = new Cursor(source, effort);
  try {
    await cursor.skip(at);
    const bytes = await cursor.read(length);
    if (bytes.length < length) throw new UnreadableArchiveError("is cut off");
    return bytes;
  } finally {
    await cursor.close();
  }
}

/** Whether anything follows the start header. */
async function hasMore(source: Source, effort: Effort): Promise<boolean> {
  const cursor = new Cursor(source, effort, START);
  try {
    return (await cursor.some(1)).length > 0;
  } finally {
    await cursor.close();
  }
}

function tooLarge(): ArchiveLimitError {
  return new ArchiveLimitError(`a 7z file with a directory of more than ${MOST_DIRECTORY} bytes`);
}
