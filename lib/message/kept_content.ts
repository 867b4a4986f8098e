/**
 * The kept body of a message and its structure, which is read once for all filters that see the same body.
 *
 * @module
 */

import type { ByteSource } from "../mime/byte_source.ts";
import { type MimeMessage, mimeMessage } from "../mime/parse_mime.ts";
import { MimeReader, type MimeStructure } from "../mime/structure/mime_reader.ts";
import { PartHeaders } from "../mime/structure/part_headers.ts";
import type { HeaderField } from "./header.ts";
import type { Headers } from "./header_list.ts";
import type { Spool } from "./spool.ts";
import { spoolSource } from "./spool_source.ts";

/** The kept body of a message, between the changes of two filters. */
export class KeptContent {
  /** The body. */
  readonly spool: Spool;
  /** Whether nobody waits for the message any more, so that there is nothing to read. */
  readonly isOver: () => boolean;
  readonly #fields: readonly HeaderField[];
  #structure: Promise<MimeStructure> | undefined;

  /**
   * @param spool the body
   * @param headers the header, whose Content-* fields describe the body
   * @param isOver whether nobody waits for the message any more
   */
  constructor(spool: Spool, headers: Headers, isOver: () => boolean) {
    this.spool = spool;
    this.isOver = isOver;
    this.#fields = contentFields(headers);
  }

  /** Whether this is also valid for a spool and a header: the same body, and the same Content-* fields. */
  isOf(spool: Spool, headers: Headers): boolean {
    if (this.spool !== spool) return false;
    const fields = contentFields(headers);
    return fields.length === this.#fields.length && fields.every((field, i) => field === this.#fields[i]);
  }

  /**
   * Reads the structure, unless a filter has read it before.
   *
   * @param headers the header that the message has by now
   * @param source where the content of parts is read from: the body, as long as the reader may read it
   * @throws {SpoolError} as a rejection, if the body cannot be read, or the message is over
   */
  async mime(headers: Headers, source: ByteSource): Promise<MimeMessage> {
    const { parts, problems, size } = await (this.#structure ??= this.#read());
    const [root, ...others] = parts;
    const message = { ...root!, headers: PartHeaders.of(headers) };
    return mimeMessage({ parts: [message, ...others], problems, size }, source);
  }

  async #read(): Promise<MimeStructure> {
    const reader = new MimeReader({ header: this.#fields });
    const source = spoolSource(this.spool);
    for await (const bytes of source.read(0, source.size, true)) reader.push(bytes);
    return reader.end();
  }
}

/** The fields that describe the body; each handle stays the same until a filter changes the field. */
function contentFields(headers: Headers): HeaderField[] {
  return [...headers].filter(({ nameBytes }) => startsWithContent(nameBytes));
}

const PREFIX = "content-";

function startsWithContent(name: Uint8Array): boolean {
  if (name.length <= PREFIX.length) return false;
  for (let i = 0; i < PREFIX.length; i++) {
    const code = name[i]!;
    if ((code >= 0x41 && code <= 0x5a ? code | 0x20 : code) !== PREFIX.charCodeAt(i)) return false;
  }
  return true;
}
