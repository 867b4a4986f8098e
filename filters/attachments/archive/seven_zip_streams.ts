/**
 * What the directory of a 7z file says of packed streams: where they are, and how they are packed.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import type { SevenZipFields } from "./seven_zip_fields.ts";

/** The numbers of what a directory holds. */
export const Property = {
  End: 0,
  Header: 1,
  ArchiveProperties: 2,
  AdditionalStreams: 3,
  MainStreams: 4,
  Files: 5,
  PackInfo: 6,
  UnpackInfo: 7,
  SubStreams: 8,
  Size: 9,
  Crc: 10,
  Folder: 11,
  UnpackSizes: 12,
  UnpackCounts: 13,
  EmptyStream: 14,
  EmptyFile: 15,
  Names: 17,
  EncodedHeader: 23,
} as const;

/** A way in which bytes are packed. */
export interface Coder {
  /** Its number, in hexadecimal. */
  readonly method: string;
  /** Its settings. */
  readonly properties: Uint8Array;
}

/** Files that are packed together. */
export interface Folder {
  /** What they went through. */
  readonly coders: readonly Coder[];
  /** The bytes that they have unpacked. */
  size: number;
  /** Whether its checksum is known, without that of its file. */
  readonly hasChecksum: boolean;
  /** How many files there are. */
  files: number;
}

/** Packed streams. */
export interface Streams {
  /** Where the first one begins: behind the start header. */
  readonly packedAt: number;
  /** The sizes of all. */
  readonly packedSizes: readonly number[];
  /** What they are unpacked to. */
  readonly folders: readonly Folder[];
}

/** The maximum number of coders in a row, and streams of one, as in 7-Zip. */
const MOST_CODERS = 32;

/**
 * Reads what follows the property for streams, up to its end.
 *
 * @param fields the directory
 * @param effort says how many files there may be
 * @throws {UnreadableArchiveError} if it is damaged
 * @throws {ArchiveLimitError} if there are more files
 */
export function readStreams(fields: SevenZipFields, effort: Effort): Streams {
  let [packedAt, packedSizes, folders]: [number, number[], Folder[]] = [0, [], []];
  let property = fields.byte();
  if (property === Property.PackInfo) {
    packedAt = fields.number();
    packedSizes = readPackedSizes(fields);
    property = fields.byte();
  }
  if (property === Property.UnpackInfo) {
    folders = readFolders(fields, effort);
    property = fields.byte();
  }
  if (property === Property.SubStreams) {
    readSubStreams(fields, folders, effort);
    property = fields.byte();
  }
  if (property !== Property.End) throw damaged();
  return { packedAt, packedSizes, folders };
}

function readPackedSizes(fields: SevenZipFields): number[] {
  const count = fields.count();
  let sizes: number[] = [];
  for (let property = fields.byte(); property !== Property.End; property = fields.byte()) {
    if (property === Property.Size) sizes = times(count, () => fields.number());
    else if (property === Property.Crc) skipChecksums(fields, count);
    else throw damaged();
  }
  return sizes;
}

function readFolders(fields: SevenZipFields, effort: Effort): Folder[] {
  if (fields.byte() !== Property.Folder) throw damaged();
  const count = fields.count();
  // Each is there for a file at least.
  effort.expectFiles(count);
  if (fields.byte() !== 0) throw new UnreadableArchiveError("has its directory elsewhere");
  const shapes = times(count, () => readFolder(fields));
  if (fields.byte() !== Property.UnpackSizes) throw damaged();
  const folders = shapes.map(({ coders, outputs, main }) => {
    const sizes = times(outputs, () => fields.number());
    return { coders, size: sizes[main] ?? 0 };
  });
  let property = fields.byte();
  let known: boolean[] = [];
  if (property === Property.Crc) {
    known = skipChecksums(fields, count);
    property = fields.byte();
  }
  if (property !== Property.End) throw damaged();
  return folders.map((folder, index) => ({ ...folder, hasChecksum: known[index] ?? false, files: 1 }));
}

interface Shape {
  readonly coders: Coder[];
  /** How many streams its coders put out; the one that no other takes is the result. */
  readonly outputs: number;
  readonly main: number;
}

function readFolder(fields: SevenZipFields): Shape {
  const coders: Coder[] = [];
  let [inputs, outputs] = [0, 0];
  const count = fields.number();
  if (count === 0 || count > MOST_CODERS) throw damaged();
  for (let coder = 0; coder < count; coder++) {
    const flags = fields.byte();
    const method = [...fields.take(flags & 15)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const isComplex = (flags & 0x10) !== 0;
    inputs += isComplex ? fields.number() : 1;
    outputs += isComplex ? fields.number() : 1;
    const properties = (flags & 0x20) !== 0 ? fields.take(fields.number()) : new Uint8Array(0);
    coders.push({ method, properties });
  }
  if (outputs === 0 || inputs > MOST_CODERS || outputs > MOST_CODERS) throw damaged();
  const taken = new Set<number>();
  for (let pair = 0; pair < outputs - 1; pair++) {
    fields.number();
    taken.add(fields.number());
  }
  const packed = inputs - (outputs - 1);
  if (packed > 1) { for (let stream = 0; stream < packed; stream++) fields.number(); }
  let main = 0;
  while (taken.has(main)) main++;
  return { coders, outputs, main };
}

/** Sets how many files each folder has. Their sizes do not matter, but have to be read. */
function readSubStreams(fields: SevenZipFields, folders: readonly Folder[], effort: Effort): void {
  let property = fields.byte();
  if (property === Property.UnpackCounts) {
    let all = 0;
    for (const folder of folders) {
      folder.files = fields.count();
      all += folder.files;
      effort.expectFiles(all);
    }
    property = fields.byte();
  }
  if (property === Property.Size) {
    for (const { files } of folders) for (let file = 1; file < files; file++) fields.number();
    property = fields.byte();
  }
  if (property === Property.Crc) {
    const unknown = folders.map(({ files, hasChecksum }) => files === 1 && hasChecksum ? 0 : files);
    skipChecksums(fields, unknown.reduce((sum, files) => sum + files, 0));
    property = fields.byte();
  }
  if (property !== Property.End) throw damaged();
}

/** Which of them are there. */
function skipChecksums(fields: SevenZipFields, count: number): boolean[] {
  const known = fields.bitsOrAll(count);
  for (const isKnown of known) if (isKnown) fields.skip(4);
  return known;
}

function times<T>(count: number, make: () => T): T[] {
  const all: T[] = [];
  for (let i = 0; i < count; i++) all.push(make());
  return all;
}

function damaged(): UnreadableArchiveError {
  return new UnreadableArchiveError("has a damaged directory");
}
