// What the lister says of an archive, as lines to compare.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type ArchiveLimits, Effort } from "../../filters/attachments/archive/effort.ts";
import { fileKind } from "../../filters/attachments/archive/kinds.ts";
import { archiveFormats, listArchive } from "../../filters/attachments/archive/list.ts";

const LIMITS: ArchiveLimits = { depth: 3, files: 1000, bytes: 50_000_000 };

/** What is in an archive. */
export interface Listing {
  /** Files with their types if known, such as `a.exe: application/x-elf`, and problems with `! `. */
  readonly lines: string[];
  /** How often the archive was opened. */
  readonly opened: number;
}

/** Lists an archive that comes in pieces. */
export async function list(
  bytes: Uint8Array,
  { name, limits = {}, piece = 4096 }: { name?: string; limits?: Partial<ArchiveLimits>; piece?: number } =
    {},
): Promise<Listing> {
  let [opened, closed] = [0, 0];
  const source = {
    async *open(from = 0) {
      opened++;
      try {
        for (let at = from; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
      } finally {
        closed++;
      }
    },
  };
  const formats = archiveFormats(fileKind(bytes), name === undefined ? [] : [name]);
  assert.ok(formats.length > 0, "it is no archive");
  const lines: string[] = [];
  const effort = new Effort({ ...LIMITS, ...limits });
  for await (const found of listArchive({ source, formats, name }, effort)) {
    const path = found.path.join(" > ");
    if (found.type === "file") lines.push(found.kind ? `${path}: ${found.kind.type}` : path);
    else lines.push(`! ${path} ${found.reason}`.replace("  ", " "));
  }
  assert.equal(closed, opened, "a source was left open");
  return { lines, opened };
}

/** Its lines only. */
export const lines = async (...args: Parameters<typeof list>) => (await list(...args)).lines;
/** The same without what content shows. */
export const names = async (...args: Parameters<typeof list>) =>
  (await lines(...args)).map((line) => line.replace(/: [a-z]+\/.*$/, ""));

/** What {@linkcode PROGRAM} is. */
export const EXE = "application/vnd.microsoft.portable-executable";

/** Bytes of which one has another value. */
export function changed(bytes: Uint8Array, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  assert.notEqual(copy[at], value);
  copy[at] = value;
  return copy;
}
