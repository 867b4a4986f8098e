/**
 * Writes reproducible tar archives (ustar): the same files always give the same bytes.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ReleaseFile, sorted } from "./release_file.ts";

const BLOCK = 512;

/**
 * Returns an archive of files, owned by root.
 *
 * @param files the files
 * @param date the modification time of all files
 * @throws {Error} for a path longer than 100 bytes
 */
export function writeTar(files: readonly ReleaseFile[], date: Date): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const file of sorted(files)) {
    blocks.push(header(file, date), file.bytes);
    const rest = file.bytes.length % BLOCK;
    if (rest > 0) blocks.push(new Uint8Array(BLOCK - rest));
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  return Buffer.concat(blocks);
}

function header({ path, bytes, executable }: ReleaseFile, date: Date): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const number = (at: number, width: number, value: number) =>
    put(at, value.toString(8).padStart(width - 1, "0"));
  if (new TextEncoder().encode(path).length > 100) {
    throw new Error(`Cannot archive ${path}: its path is too long`);
  }
  put(0, path);
  number(100, 8, executable ? 0o755 : 0o644);
  number(108, 8, 0);
  number(116, 8, 0);
  number(124, 12, bytes.length);
  number(136, 12, Math.floor(date.getTime() / 1000));
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(265, "root");
  put(297, "root");
  // The checksum counts itself as spaces.
  put(148, " ".repeat(8));
  number(148, 7, block.reduce((sum, byte) => sum + byte, 0));
  block[154] = 0;
  return block;
}
