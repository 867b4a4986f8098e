/**
 * Lists the attachments in a `winmail.dat` of Outlook and Exchange ([MS-OXTNEF]).
 *
 * @module
 */

import type { ArchiveFiles } from "./archived_file.ts";
import { byteView, nameText } from "./binary.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import { slice, type Source } from "./source.ts";

/** Attributes: a new attachment begins, its short name, its content, its other properties. */
const BEGINS = 0x69002;
const TITLE = 0x18010;
const CONTENT = 0x6800f;
const PROPERTIES = 0x69005;
const ATTACHMENT_LEVEL = 2;
const HEADER = 9;
/** The longest title that is read, in bytes. */
const LONGEST_TITLE = 4096;
/** The most bytes of properties that are searched for the long name. */
const MOST_PROPERTIES = 64 * 1024;
const HEAD = 512;
/** MAPI: the long file name as 8-bit text, and as UTF-16. */
const LONG_NAME_8 = 0x3707001e;
const LONG_NAME_16 = 0x3707001f;

interface Attachment {
  names: string[];
  at: number;
  size: number;
  head: Uint8Array;
}

/**
 * Lists the attachments, each with every name that it has.
 *
 * @param source the file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged
 */
export async function* listTnef(source: Source, effort: Effort): ArchiveFiles {
  const cursor = new Cursor(source, effort);
  try {
    await cursor.skip(6);
    let current: Attachment | undefined;
    let problem: string | undefined;
    for (;;) {
      const header = await cursor.read(HEADER);
      // Some programs append a few bytes.
      if (header.length < HEADER) break;
      const view = byteView(header);
      if (header[0] !== 1 && header[0] !== ATTACHMENT_LEVEL) {
        problem = "has a damaged header";
        break;
      }
      const [level, id, size] = [header[0], view.getUint32(1, true), view.getUint32(5, true)];
      const at = cursor.position;
      if (level === ATTACHMENT_LEVEL) {
        if (id === BEGINS || current === undefined) {
          if (current) yield* filesOf(current, source);
          current = { names: [], at: 0, size: 0, head: new Uint8Array(0) };
        }
        if (id === TITLE) {
          const [title = ""] = nameText(await cursor.read(Math.min(size, LONGEST_TITLE))).split("\0");
          current.names.push(title);
        } else if (id === PROPERTIES) {
          current.names.push(...longNames(await cursor.read(Math.min(size, MOST_PROPERTIES))));
        } else if (id === CONTENT) {
          Object.assign(current, { at, size, head: await cursor.read(Math.min(size, HEAD)) });
        }
      }
      // Two bytes of checksum follow, except that some programs leave out the last ones.
      await cursor.skip(at + size + 2 - cursor.position);
      if (cursor.position < at + size) {
        problem = "is cut off";
        break;
      }
    }
    // Outlook shows the attachments before the damage, too.
    if (current) yield* filesOf(current, source);
    if (problem !== undefined) throw new UnreadableArchiveError(problem);
  } finally {
    await cursor.close();
  }
}

async function* filesOf({ names, at, size, head }: Attachment, source: Source): ArchiveFiles {
  const [first = "attachment", ...others] = new Set(names.filter((name) => name !== ""));
  yield { name: first, head, isEncrypted: false, open: () => slice(source, at, size) };
  for (const name of others) yield { name, head: head.subarray(0, 0), isEncrypted: false };
}

/**
 * Long names among MAPI properties. They are searched for by their tag, each followed by a count of values, 1, and a
 * length: reading all properties before them would take every type that MAPI has.
 */
function longNames(properties: Uint8Array): string[] {
  const view = byteView(properties);
  const names: string[] = [];
  for (let at = 0; at + 12 <= properties.length; at += 4) {
    const tag = view.getUint32(at, true);
    if (tag !== LONG_NAME_8 && tag !== LONG_NAME_16) continue;
    const length = view.getUint32(at + 8, true);
    const end = at + 12 + length;
    if (view.getUint32(at + 4, true) !== 1 || end > properties.length) continue;
    const bytes = properties.subarray(at + 12, end);
    const text = tag === LONG_NAME_16 ? new TextDecoder("utf-16le").decode(bytes) : nameText(bytes);
    names.push(text.split("\0")[0] ?? "");
  }
  return names;
}
