/**
 * Lists the files in a cabinet file ([MS-CAB]), from its directory; their content is packed with unsupported methods.
 *
 * @module
 */

import type { ArchiveFiles } from "./archived_file.ts";
import { byteView, nameText } from "./binary.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { UnreadableArchiveError } from "./errors.ts";
import type { Source } from "./source.ts";

const NOTHING = new Uint8Array(0);
const HEADER = 36;
const ENTRY = 16;
/** The longest name that the format allows, in bytes. */
const LONGEST_NAME = 256;

/**
 * Lists the files.
 *
 * @param source the cabinet file
 * @param effort counts what is read
 * @throws {UnreadableArchiveError} if it is damaged
 */
export async function* listCab(source: Source, effort: Effort): ArchiveFiles {
  const cursor = new Cursor(source, effort);
  try {
    const header = await cursor.read(HEADER);
    if (header.length < HEADER) throw new UnreadableArchiveError("is cut off");
    const view = byteView(header);
    const [at, files] = [view.getUint32(16, true), view.getUint16(28, true)];
    if (at < HEADER) throw new UnreadableArchiveError("has a damaged header");
    await cursor.skip(at - HEADER);
    for (let file = 0; file < files; file++) {
      const entry = await cursor.read(ENTRY);
      const name: number[] = [];
      for (;;) {
        const [byte] = await cursor.read(1);
        if (byte === undefined || name.length > LONGEST_NAME) {
          throw new UnreadableArchiveError("has a damaged directory");
        }
        if (byte === 0) break;
        name.push(byte);
      }
      if (entry.length < ENTRY) throw new UnreadableArchiveError("is cut off");
      const text = nameText(new Uint8Array(name)).replaceAll("\\", "/");
      yield { name: text, head: NOTHING, isEncrypted: false };
    }
  } finally {
    await cursor.close();
  }
}
