/**
 * Lists the files in a RAR file, from its headers; their content is packed with unsupported methods.
 *
 * @module
 */

import type { ArchivedFile, ArchiveFiles } from "./archived_file.ts";
import { byteView, nameText } from "./binary.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import type { Source } from "./source.ts";

const NOTHING = new Uint8Array(0);
/** How much of a file that is not packed is read to see what it is. */
const HEAD = 512;

/**
 * Lists the files of RAR 1.5 to 4 and RAR 5 to 7.
 *
 * @param source the RAR file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged, or its headers are encrypted
 */
export async function* listRar(source: Source, effort: Effort): ArchiveFiles {
  const cursor = new Cursor(source, effort);
  try {
    const mark = await cursor.read(7);
    if (mark[6] === 0) {
      yield* listRar4(cursor);
    } else {
      await cursor.skip(1);
      yield* listRar5(cursor);
    }
  } finally {
    await cursor.close();
  }
}

/** Stands for the files of an archive with encrypted headers. */
const ENCRYPTED_HEADERS: ArchivedFile = { name: "", head: NOTHING, isEncrypted: true };

async function* listRar4(cursor: Cursor): ArchiveFiles {
  const [MAIN, FILE, END] = [0x73, 0x74, 0x7b];
  const [HEADERS_ENCRYPTED, FILE_ENCRYPTED, LARGE, UNICODE, HAS_CONTENT] = [0x80, 4, 0x100, 0x200, 0x8000];
  const FOLDER = 0xe0;
  for (;;) {
    const start = await cursor.read(7);
    if (start.length === 0) return;
    const startView = byteView(start);
    const size = start.length < 7 ? 0 : startView.getUint16(5, true);
    if (size < 7) throw new UnreadableArchiveError("has a damaged header");
    const [type, flags] = [start[2]!, startView.getUint16(3, true)];
    if (type === END) return;
    const rest = await cursor.read(size - 7);
    if (rest.length < size - 7) throw new UnreadableArchiveError("is cut off");
    if (type === MAIN && (flags & HEADERS_ENCRYPTED) !== 0) {
      yield ENCRYPTED_HEADERS;
      return;
    }
    const view = byteView(rest);
    let content = (flags & HAS_CONTENT) !== 0 && rest.length >= 4 ? view.getUint32(0, true) : 0;
    const end = () => cursor.position + content;
    if (type === FILE) {
      const nameAt = (flags & LARGE) !== 0 ? 33 : 25;
      if (rest.length < nameAt) throw new UnreadableArchiveError("has a damaged header");
      if ((flags & LARGE) !== 0) content += view.getUint32(25, true) * 2 ** 32;
      const nameBytes = rest.subarray(nameAt, nameAt + view.getUint16(19, true));
      const name = (flags & UNICODE) !== 0 ? rar4Name(nameBytes) : nameText(nameBytes);
      const until = end();
      if ((flags & FOLDER) !== FOLDER) {
        const isStored = rest[18] === 0x30 && (flags & FILE_ENCRYPTED) === 0;
        const head = isStored ? await cursor.read(Math.min(HEAD, content)) : NOTHING;
        yield { name: name.replaceAll("\\", "/"), head, isEncrypted: (flags & FILE_ENCRYPTED) !== 0 };
      }
      content = until - cursor.position;
    }
    await skip(cursor, content);
  }
}

/** A name of one byte per character, NUL, and what the others are: a code of which each byte's two bits say how to go on. */
function rar4Name(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  if (nul < 0) return nameText(bytes);
  const [plain, packed] = [bytes.subarray(0, nul), bytes.subarray(nul + 1)];
  const high = packed[0] ?? 0;
  let [at, bits, left] = [1, 0, 0];
  const units: number[] = [];
  while (at < packed.length) {
    if (left === 0) [bits, left] = [packed[at++]!, 8];
    const kind = (bits >> 6) & 3;
    bits <<= 2;
    left -= 2;
    const byte = packed[at++];
    if (byte === undefined) break;
    if (kind === 0) units.push(byte);
    else if (kind === 1) units.push(high << 8 | byte);
    else if (kind === 2) units.push(byte | (packed[at++] ?? 0) << 8);
    else {
      const add = (byte & 0x80) === 0 ? undefined : packed[at++] ?? 0;
      for (let count = (byte & 0x7f) + 2; count > 0 && units.length < plain.length; count--) {
        const unit = plain[units.length]!;
        units.push(add === undefined ? unit : high << 8 | ((unit + add) & 0xff));
      }
    }
  }
  return String.fromCharCode(...units);
}

async function* listRar5(cursor: Cursor): ArchiveFiles {
  const [FILE, ENCRYPTION, END] = [2, 4, 5];
  /** The largest header that RAR itself reads. */
  const MOST_HEADER = 2 * 1024 * 1024;
  for (;;) {
    const checksum = await cursor.read(4);
    if (checksum.length === 0) return;
    const size = await readNumber(cursor);
    if (size === undefined || size === 0 || size > MOST_HEADER) {
      throw new UnreadableArchiveError("has a damaged header");
    }
    const header = new Fields(await cursor.read(size));
    if (header.bytes.length < size) throw new UnreadableArchiveError("is cut off");
    const [type, flags] = [header.number(), header.number()];
    if (type === END) return;
    if (type === ENCRYPTION) {
      yield ENCRYPTED_HEADERS;
      return;
    }
    const extraSize = (flags & 1) !== 0 ? header.number() : 0;
    const contentSize = (flags & 2) !== 0 ? header.number() : 0;
    let content = contentSize;
    if (type === FILE) {
      const { name, isFolder, isStored } = fileFields(header);
      const isEncrypted = hasEncryption(header.bytes.subarray(Math.max(0, size - extraSize)));
      if (!isFolder) {
        const head = isStored && !isEncrypted ? await cursor.read(Math.min(HEAD, contentSize)) : NOTHING;
        content -= head.length;
        yield { name, head, isEncrypted };
      }
    }
    await skip(cursor, content);
  }
}

function fileFields(header: Fields): { name: string; isFolder: boolean; isStored: boolean } {
  const flags = header.number();
  header.number();
  header.number();
  if ((flags & 2) !== 0) header.skip(4);
  if ((flags & 4) !== 0) header.skip(4);
  const method = (header.number() >> 7) & 7;
  header.number();
  const name = nameText(header.take(header.number()));
  return { name, isFolder: (flags & 1) !== 0, isStored: method === 0 };
}

/** Whether one of the extra records, each with its size and type, says that the file is encrypted. */
function hasEncryption(extra: Uint8Array): boolean {
  const records = new Fields(extra);
  while (records.at < extra.length) {
    const size = records.number();
    const record = new Fields(records.take(size));
    if (size > 0 && record.number() === 1) return true;
  }
  return false;
}

/** Reads a header of RAR 5 field by field. */
class Fields {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Seven bits a byte, the lowest first. */
  number(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 53; factor *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * factor;
      if ((byte & 0x80) === 0) return value;
    }
    throw new UnreadableArchiveError("has a damaged header");
  }

  skip(length: number): void {
    this.at += length;
  }

  take(length: number): Uint8Array {
    this.at += length;
    if (this.at > this.bytes.length) throw new UnreadableArchiveError("has a damaged header");
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** A number as `Fields` reads it, at most three bytes long as the size of a header is. */
async function readNumber(cursor: Cursor): Promise<number | undefined> {
  let value = 0;
  for (let shift = 0; shift < 21; shift += 7) {
    const [byte] = await cursor.read(1);
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return value;
  }
  return undefined;
}

async function skip(cursor: Cursor, length: number): Promise<void> {
  const end = cursor.position + length;
  await cursor.skip(length);
  if (cursor.position < end) throw new UnreadableArchiveError("is cut off");
}
