// Archives as tests need them: also such as no program would write.
import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { toBytes } from "../../lib/message/text.ts";

export interface ZipFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** The name in the file's own header. @default the same */
  readonly localName?: string;
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
  for (const { name, content, localName = name, method = 8, encrypted = false, hidden = false } of files) {
    const bytes = toBytes(content);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const common = (length: number) =>
      Buffer.concat([
        numbers(2, 20, ZIP_FLAGS.utf8 | (encrypted ? ZIP_FLAGS.encrypted : 0), method, 0, 0x21),
        numbers(4, 0, packed.length, bytes.length),
        numbers(2, length, 0),
      ]);
    const [nameBytes, localBytes] = [toBytes(name), toBytes(localName)];
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common(localBytes.length), localBytes, packed]);
    if (!hidden) {
      const entry = [
        Buffer.from("PK\x01\x02"),
        numbers(2, 20),
        common(nameBytes.length),
        numbers(2, 0, 0, 0),
      ];
      directory.push(...entry, numbers(4, 0, at), nameBytes);
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

export interface TnefAttachment {
  readonly title: string;
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
    ...attachments.flatMap(({ title, longName, content }) => [
      attribute(2, 0x69002, Buffer.alloc(14)),
      attribute(2, 0x18010, toBytes(`${title}\0`)),
      attribute(2, 0x6800f, toBytes(content)),
      ...(longName === undefined ? [] : [attribute(2, 0x69005, longNameProperty(longName))]),
    ]),
  ]);
}

function longNameProperty(name: string): Buffer {
  const text = Buffer.from(`${name}\0`, "utf16le");
  return Buffer.concat([
    numbers(4, 1, 0x3707001f, 1, text.length),
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
