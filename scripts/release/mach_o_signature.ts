/**
 * Creates and verifies ad-hoc signatures of macOS executables: signatures without an identity.
 *
 * macOS kills a program whose signature does not match its bytes. Bun's compiler creates a new signature for Apple's
 * processors; for Intel's it keeps that of Bun itself, which no longer matches once the program is embedded.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Load commands, from `mach-o/loader.h`. */
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
/** From `kern/cs_blobs.h`. */
const EMBEDDED_SIGNATURE = 0xfade_0cc0;
const CODE_DIRECTORY = 0xfade_0c02;
const VERSION = 0x2_0400;
const ADHOC_LINKER_SIGNED = 0x2_0002;
const MAIN_BINARY = 1;
const SHA256 = 2;
const SHA256_SIZE = 32;
const DIRECTORY_SIZE = 88;
const SUPER_BLOB_SIZE = 20;
const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;
/** The alignment of segments in memory, on both processors. */
const SEGMENT_PAGE = 0x4000;

/** The layout of an executable. */
interface Layout {
  /** Where the load command of the signature begins. */
  readonly command: number;
  /** Where the signature begins: it covers everything before. */
  readonly signature: number;
  /** Where the load command of the last segment begins, which contains the signature. */
  readonly linkEdit: number;
  /** Size of the code segment in bytes. */
  readonly textSize: number;
}

/**
 * Returns whether the signature of an executable matches its bytes.
 *
 * @param bytes the executable
 */
export function isSigned(bytes: Uint8Array): boolean {
  const file = bufferOf(bytes);
  const layout = layoutOf(file);
  const directory = layout && directoryOf(file.subarray(layout.signature));
  if (!layout || !directory) return false;
  const [hashes, count, limit] = [
    directory.readUInt32BE(16),
    directory.readUInt32BE(28),
    directory.readUInt32BE(32),
  ];
  if (limit !== layout.signature || count !== Math.ceil(limit / PAGE)) return false;
  const expected = directory.subarray(hashes, hashes + count * SHA256_SIZE);
  return expected.equals(pageHashes(file.subarray(0, limit)));
}

/**
 * Returns the executable with a new signature in place of its old one.
 *
 * @param bytes an executable with any signature
 * @param identifier the identifier that macOS uses for the program
 * @throws {Error} for an executable without a signature
 */
export function signAdHoc(bytes: Uint8Array, identifier: string): Uint8Array {
  const layout = layoutOf(bufferOf(bytes));
  if (!layout) throw new Error("Cannot sign: it is not a macOS executable, or has no room for a signature");
  const pages = Math.ceil(layout.signature / PAGE);
  const size = SUPER_BLOB_SIZE + DIRECTORY_SIZE + identifier.length + 1 + pages * SHA256_SIZE;
  // Not rounded, as Bun's own size is not.
  const file = Buffer.alloc(layout.signature + size);
  file.set(bytes.subarray(0, layout.signature));
  // The sizes are part of the signed bytes.
  file.writeUInt32LE(size, layout.command + 12);
  const inLinkEdit = file.length - Number(file.readBigUInt64LE(layout.linkEdit + 40));
  file.writeBigUInt64LE(BigInt(inLinkEdit), layout.linkEdit + 48);
  file.writeBigUInt64LE(BigInt(Math.ceil(inLinkEdit / SEGMENT_PAGE) * SEGMENT_PAGE), layout.linkEdit + 32);
  const signature = file.subarray(layout.signature);
  [EMBEDDED_SIGNATURE, size, 1, 0, SUPER_BLOB_SIZE].forEach((value, i) =>
    signature.writeUInt32BE(value, i * 4)
  );
  const directory = signature.subarray(SUPER_BLOB_SIZE);
  const hashes = DIRECTORY_SIZE + identifier.length + 1;
  [
    CODE_DIRECTORY,
    directory.length,
    VERSION,
    ADHOC_LINKER_SIGNED,
    hashes,
    DIRECTORY_SIZE,
    0,
    pages,
    layout.signature,
  ]
    .forEach((value, i) => directory.writeUInt32BE(value, i * 4));
  directory.set([SHA256_SIZE, SHA256, 0, PAGE_BITS], 36);
  directory.writeBigUInt64BE(BigInt(layout.textSize), 72);
  directory.writeBigUInt64BE(BigInt(MAIN_BINARY), 80);
  directory.write(identifier, DIRECTORY_SIZE, "latin1");
  directory.set(pageHashes(file.subarray(0, layout.signature)), hashes);
  return file;
}

function layoutOf(file: Buffer): Layout | undefined {
  if (file.readUInt32LE(0) !== 0xfeed_facf) return undefined;
  const found: { -readonly [K in keyof Layout]?: number } = {};
  const count = file.readUInt32LE(16);
  for (let i = 0, at = 32; i < count; i++, at += file.readUInt32LE(at + 4)) {
    const command = file.readUInt32LE(at);
    if (command === LC_CODE_SIGNATURE) {
      found.command = at;
      found.signature = file.readUInt32LE(at + 8);
    } else if (command === LC_SEGMENT_64) {
      const name = file.toString("latin1", at + 8, at + 24).replace(/\0.*/s, "");
      if (name === "__LINKEDIT") found.linkEdit = at;
      if (name === "__TEXT") found.textSize = Number(file.readBigUInt64LE(at + 48));
    }
  }
  const { command, signature, linkEdit, textSize } = found;
  return command && signature && linkEdit && textSize
    ? { command, signature, linkEdit, textSize }
    : undefined;
}

/** Returns the list of hashes in a signature, if it is of the kind created here. */
function directoryOf(signature: Buffer): Buffer | undefined {
  if (signature.length < SUPER_BLOB_SIZE || signature.readUInt32BE(0) !== EMBEDDED_SIGNATURE) {
    return undefined;
  }
  const count = signature.readUInt32BE(8);
  for (let i = 0; i < count; i++) {
    const directory = signature.subarray(signature.readUInt32BE(16 + i * 8));
    if (directory.readUInt32BE(0) !== CODE_DIRECTORY) continue;
    if (directory[37] === SHA256 && directory[39] === PAGE_BITS) return directory;
  }
}

function pageHashes(bytes: Buffer): Buffer {
  const hashes: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PAGE) {
    hashes.push(createHash("sha256").update(bytes.subarray(at, at + PAGE)).digest());
  }
  return Buffer.concat(hashes);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
