/**
 * Lists the files in an archive, and those in the archives in it.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { ArchivedFile, ArchiveFiles } from "./archived_file.ts";
import { listCab } from "./cab.ts";
import type { Effort } from "./effort.ts";
import { NoZipError, UnreadableArchiveError } from "./errors.ts";
import { listGzip } from "./gzip.ts";
import { isDamage } from "./inflate.ts";
import { type ArchiveFormat, type FileKind, fileKind } from "./kinds.ts";
import { listRar } from "./rar.ts";
import { listSevenZip } from "./seven_zip.ts";
import type { Source } from "./source.ts";
import { listTar } from "./tar.ts";
import { listTnef } from "./tnef.ts";
import { listZip } from "./zip.ts";

/** A file that was found in an archive. */
export interface FoundFile {
  /** What was found. */
  readonly type: "file";
  /** Names from the archive to the file: `["inner.zip", "a.exe"]`. */
  readonly path: readonly string[];
  /** What it is by its content; undefined if that is unknown, or cannot be read. */
  readonly kind: FileKind | undefined;
}

/** Why not everything in an archive is listed. */
export interface ArchiveProblem {
  /** An archive holds encrypted content, cannot be read, or is inside too many others. */
  readonly type: "encrypted" | "unreadable" | "limit";
  /** Names from the archive to the one with the problem, or to the encrypted file; none for the archive itself. */
  readonly path: readonly string[];
  /** What is wrong, in a few words that follow the name of an archive. */
  readonly reason: string;
}

/** Something found in an archive. */
export type ArchiveFinding = FoundFile | ArchiveProblem;

/** An archive to list. */
export interface Archive {
  /** Its bytes. */
  readonly source: Source;
  /** Its formats, that of its content first; `unknown` for one that is not read. */
  readonly formats: readonly (ArchiveFormat | "unknown")[];
  /** Its name, if it has one. */
  readonly name: string | undefined;
}

/** After this many files, the event loop gets a turn: an archive in memory is read without waiting. */
const BREATHE_AFTER = 200;

/**
 * The formats that programs may read an archive as. The content shows one. Programs that open zip files by name look
 * for the directory at the end, whatever the file begins with, which may be a harmless archive of another format.
 *
 * @param kind what it is by its content
 * @param names its names
 * @returns an empty list for a file that is not an archive, neither by its content nor by its names
 */
export function archiveFormats(kind: FileKind | undefined, names: readonly string[]): Archive["formats"] {
  const isNamed = (pattern: RegExp) => names.some((name) => pattern.test(name));
  const formats = new Set<ArchiveFormat | "unknown">();
  if (kind?.archive !== undefined) formats.add(kind.archive);
  if (isNamed(/\.(?:zipx?|jar)$/i)) formats.add("zip");
  // What other programs would find in these is unknown.
  if (formats.size === 0 && isNamed(/\.(?:rar|7z|gz|tgz|tar|cab|ace|arj|lzh|lha|xz|bz2|zst)$/i)) {
    formats.add("unknown");
  }
  return [...formats];
}

/**
 * Lists an archive and those in it, as deep as allowed. A problem with one does not keep the others from being listed.
 *
 * @param archive the archive
 * @param effort what it may cost
 * @param depth 1 for an archive that is in no other
 * @throws {ArchiveLimitError} if it costs too much
 */
export async function* listArchive(
  archive: Archive,
  effort: Effort,
  depth = 1,
): AsyncGenerator<ArchiveFinding, void, undefined> {
  if (depth > effort.depth) {
    yield { type: "limit", path: [], reason: `is inside more than ${effort.depth - 1} others` };
    return;
  }
  // A directory is read in one go, and there may be hundreds of archives.
  await setImmediate();
  for (const format of archive.formats) yield* listAs(format, archive, effort, depth);
}

async function* listAs(
  format: ArchiveFormat | "unknown",
  archive: Archive,
  effort: Effort,
  depth: number,
): AsyncGenerator<ArchiveFinding, void, undefined> {
  let isEncrypted = false;
  let files = 0;
  try {
    for await (const file of filesOf(format, archive, effort)) {
      effort.countFile();
      if (++files % BREATHE_AFTER === 0) await setImmediate();
      const path = file.name === "" ? [] : [file.name];
      if (file.isEncrypted && !isEncrypted) {
        isEncrypted = true;
        yield { type: "encrypted", path, reason: "is encrypted" };
      }
      if (file.name !== "") yield* fileAndInside(file, effort, depth, format);
    }
  } catch (error) {
    // Content of another format with such a name is not a damaged archive.
    if (error instanceof NoZipError && format !== archive.formats[0]) return;
    const reason = error instanceof UnreadableArchiveError ? error.value : undefined;
    if (reason === undefined && !isDamage(error)) throw error;
    yield { type: "unreadable", path: [], reason: reason ?? "is damaged" };
  }
}

async function* fileAndInside(
  file: ArchivedFile,
  effort: Effort,
  depth: number,
  outer: ArchiveFormat | "unknown",
): AsyncGenerator<ArchiveFinding, void, undefined> {
  const path = [file.name];
  const kind = fileKind(file.head);
  yield { type: "file", path, kind };
  const formats = archiveFormats(kind, [file.name]);
  if (formats.length === 0 || file.isEncrypted) return;
  if (file.open === undefined) {
    // The second name of a file that was listed with its first one.
    if (outer === "gzip" || outer === "tnef") return;
    yield { type: "unreadable", path, reason: "is packed in a way that is not read" };
    return;
  }
  // People see a packed tar file as one archive.
  const levels = outer === "gzip" && formats[0] === "tar" ? 0 : 1;
  const inner = { source: await file.open(), formats, name: file.name };
  for await (const found of listArchive(inner, effort, depth + levels)) {
    yield { ...found, path: [...path, ...found.path] };
  }
}

function filesOf(format: ArchiveFormat | "unknown", { source, name }: Archive, effort: Effort): ArchiveFiles {
  switch (format) {
    case "zip":
      return listZip(source, effort);
    case "gzip":
      return listGzip(source, effort, name);
    case "tar":
      return listTar(source, effort);
    case "rar":
      return listRar(source, effort);
    case "7z":
      return listSevenZip(source, effort);
    case "cab":
      return listCab(source, effort);
    case "tnef":
      return listTnef(source, effort);
    case "unknown":
      throw new UnreadableArchiveError("is of an unsupported kind");
  }
}
