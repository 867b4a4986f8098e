/**
 * Reads the tar archives of npm packages.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";

/** The block size of tar archives, in bytes. */
const BLOCK = 512;

/**
 * Returns the files of a gzipped tar archive.
 *
 * @param archive its bytes
 * @returns contents by path, as in the archive
 * @throws {Error} for an archive with anything but plain files and folders
 */
export function untar(archive: Uint8Array): Map<string, Uint8Array> {
  const bytes = new Uint8Array(gunzipSync(archive));
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const field = (from: number, length: number) => text(bytes.subarray(at + from, at + from + length));
    const prefix = field(345, 155);
    const path = (prefix ? `${prefix}/` : "") + field(0, 100);
    const size = parseInt(field(124, 12), 8);
    const type = field(156, 1) || "0";
    if (type !== "0" && type !== "5") throw new Error(`Cannot read the archive: ${path} is of type ${type}`);
    if (type === "0") files.set(path, bytes.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** The text of a field, which ends at its first NUL. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
