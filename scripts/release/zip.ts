/**
 * Writes reproducible zip archives: the same files always give the same bytes.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";
import { type ReleaseFile, sorted } from "./release_file.ts";

/** Version 2.0 of the format: folders and deflate. */
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const DEFLATE = 8;
const UNIX = 3 << 8;

/**
 * Returns an archive of files.
 *
 * @param files the files, less than 4 GiB in total
 * @param date the modification time of all files
 */
export function writeZip(files: readonly ReleaseFile[], date: Date): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const file of sorted(files)) {
    const name = new TextEncoder().encode(file.path);
    const packed = deflateRawSync(file.bytes, { level: 9 });
    const common = [
      ...[u16(VERSION), u16(FLAGS), u16(DEFLATE), ...dosTime(date)],
      ...[u32(crc32(file.bytes)), u32(packed.length), u32(file.bytes.length), u16(name.length), u16(0)],
    ];
    const local = Buffer.concat([u32(0x0403_4b50), ...common, name, packed]);
    // A regular file and its permissions, for unpacking on Unix.
    const mode = (0o100_000 | (file.executable ? 0o755 : 0o644)) * 0x1_0000;
    directory.push(
      u32(0x0201_4b50),
      u16(UNIX | VERSION),
      ...common,
      ...[u16(0), u16(0), u16(0), u32(mode), u32(offset), name],
    );
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.concat(directory);
  const count = u16(files.length);
  return Buffer.concat([
    ...parts,
    end,
    ...[u32(0x0605_4b50), u16(0), u16(0), count, count, u32(end.length), u32(offset), u16(0)],
  ]);
}

/** Time and date in MS-DOS format. */
function dosTime(date: Date): [Uint8Array, Uint8Array] {
  const time = date.getUTCHours() << 11 | date.getUTCMinutes() << 5 | date.getUTCSeconds() >> 1;
  const day = (date.getUTCFullYear() - 1980) << 9 | (date.getUTCMonth() + 1) << 5 | date.getUTCDate();
  return [u16(time), u16(day)];
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8 & 0xff);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value / 0x100_0000 & 0xff);
}
