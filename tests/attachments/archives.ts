// Archives as tests need them: also such as no program would write.
import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { toBytes } from "../../lib/message/text.ts";

export interface ZipFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** The name in the file's own header. @default the same */
  readonly localName?: string;
  /** A name in a field for Unicode, in the directory and at the file; its checksum is that of no name. */
  readonly unicodeName?: string;
  /** The same at the file only. @default the same */
  readonly localUnicodeName?: string;
  /** What is written as deflated. @default the content, deflated */
  readonly deflated?: Uint8Array;
  /** 0: not packed, 8: deflate; another number without packing by it. @default 8 */
  readonly method?: number;
  /** Whether the flag for encryption is set. */
  readonly encrypted?: boolean;
  /** Whether the directory leaves the file out. */
  readonly hidden?: boolean;
}

const ZIP_FLAGS = { encrypted: 1, utf8: 0x800 };

/** A zip file. What stands before it shifts all positions, as in a file that unpacks itself. */
export function zip(files: readonly ZipFile[], comment = ""): Buffer {
  const locals: Buffer[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const file of files) {
    const { name, content, localName = name, method = 8, encrypted = false, hidden = false } = file;
    const bytes = toBytes(content);
    const packed = method === 8 ? file.deflated ?? deflateRawSync(bytes) : bytes;
    const extra = unicodeField(file.unicodeName);
    const localExtra = unicodeField(file.localUnicodeName ?? file.unicodeName);
    const common = (length: number, extraLength: number) =>
      Buffer.concat([
        numbers(2, 20, ZIP_FLAGS.utf8 | (encrypted ? ZIP_FLAGS.encrypted : 0), method, 0, 0x21),
        numbers(4, 0, packed.length, bytes.length),
        numbers(2, length, extraLength),
      ]);
    const [nameBytes, localBytes] = [toBytes(name), toBytes(localName)];
    const local = Buffer.concat([
      Buffer.from("PK\x03\x04"),
      common(localBytes.length, localExtra.length),
      localBytes,
      localExtra,
      packed,
    ]);
    if (!hidden) {
      const entry = [
        Buffer.from("PK\x01\x02"),
        numbers(2, 20),
        common(nameBytes.length, extra.length),
        numbers(2, 0, 0, 0),
      ];
      directory.push(...entry, numbers(4, 0, at), nameBytes, extra);
    }
    locals.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const count = files.filter(({ hidden }) => !hidden).length;
  return Buffer.concat([
    ...locals,
    central,
    Buffer.from("PK\x05\x06"),
    numbers(2, 0, 0, count, count),
    numbers(4, central.length, at),
    numbers(2, comment.length),
    Buffer.from(comment),
  ]);
}

function unicodeField(name: string | undefined): Buffer {
  if (name === undefined) return Buffer.alloc(0);
  const bytes = toBytes(name);
  return Buffer.concat([numbers(2, 0x7075, bytes.length + 5), Buffer.from([1]), numbers(4, 0), bytes]);
}

export interface TarFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** @default "0", a file */
  readonly type?: string;
}

/** A tar file with ustar headers. */
export function tar(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap(({ name, content, type = "0" }) => {
    const bytes = toBytes(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write("0000644\0" + "0000000\0" + "0000000\0", 100);
    header.write(bytes.length.toString(8).padStart(11, "0"), 124);
    header.write("00000000000\0        ", 136);
    header.write(type + "", 156);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    return [header, bytes, Buffer.alloc((512 - bytes.length % 512) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The content of an entry with pax records. */
export function pax(records: Readonly<Record<string, string>>): string {
  return Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    // The length counts its own digits.
    const length = [1, 2, 3].map((digits) => rest.length + digits).find((all) =>
      `${all}${rest}`.length === all
    );
    return `${length}${rest}`;
  }).join("");
}

/** A 7z file whose directory is not packed, behind some bytes of packed files. */
export function sevenZip(directory: readonly number[], packed = 0): Buffer {
  const start = Buffer.from("7z\xbc\xaf\x27\x1c\0\x04".padEnd(32, "\0"), "latin1");
  start.writeBigUInt64LE(BigInt(packed), 12);
  start.writeBigUInt64LE(BigInt(directory.length), 20);
  return Buffer.concat([start, Buffer.alloc(packed), Buffer.from(directory)]);
}

/** A 7z file of folders, at most 60. */
export function sevenZipOfFolders(count: number): Buffer {
  const names = Buffer.from("a\0".repeat(count), "utf16le");
  const isEmpty = new Array<number>(Math.ceil(count / 8)).fill(255);
  return sevenZip([1, 5, count, 14, isEmpty.length, ...isEmpty, 17, names.length + 1, 0, ...names, 0, 0]);
}

export interface TnefAttachment {
  readonly title: string;
  /** How many bytes of other properties stand before the long name; a multiple of 4. @default 0 */
  readonly before?: number;
  /** Its long name among the properties. */
  readonly longName?: string;
  readonly content: string | Uint8Array;
}

/** A `winmail.dat`. */
export function tnef(attachments: readonly TnefAttachment[]): Buffer {
  const attribute = (level: number, id: number, content: Uint8Array) =>
    Buffer.concat([
      Buffer.from([level]),
      numbers(4, id, content.length),
      content,
      numbers(2, content.reduce((sum, byte) => (sum + byte) & 0xffff, 0)),
    ]);
  return Buffer.concat([
    numbers(4, 0x223e9f78),
    numbers(2, 1),
    attribute(1, 0x89006, numbers(4, 0x10000)),
    ...attachments.flatMap(({ title, longName, before = 0, content }) => [
      attribute(2, 0x69002, Buffer.alloc(14)),
      attribute(2, 0x18010, toBytes(`${title}\0`)),
      attribute(2, 0x6800f, toBytes(content)),
      ...(longName === undefined ? [] : [attribute(2, 0x69005, longNameProperty(longName, before))]),
    ]),
  ]);
}

function longNameProperty(name: string, before: number): Buffer {
  const text = Buffer.from(`${name}\0`, "utf16le");
  return Buffer.concat([
    numbers(4, 1),
    Buffer.alloc(before),
    numbers(4, 0x3707001f, 1, text.length),
    text,
    Buffer.alloc((4 - text.length % 4) % 4),
  ]);
}

/** Numbers in little-endian bytes. */
function numbers(size: 2 | 4, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(size * values.length);
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * size, size);
  return bytes;
}

/** A program for Windows, as far as its beginning goes. */
export const PROGRAM: Buffer = Buffer.concat([Buffer.from("MZ\x90\0\x03\0\0\0"), Buffer.alloc(200, "x\0")]);
