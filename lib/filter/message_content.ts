/**
 * The content of a message at its end: its body, and the parts in it.
 *
 * @module
 */

import type { Headers } from "../message/header_list.ts";
import type { KeptContent } from "../message/kept_content.ts";
import { decodedSpoolSource, spoolSource } from "../message/spool_source.ts";
import type { ByteSource } from "../mime/byte_source.ts";
import type { MimeMessage } from "../mime/parse_mime.ts";
import type { Part } from "../mime/part.ts";
import { ContentError } from "./content_error.ts";

/**
 * The content of a message, as changed by the filters before this one, for the `eom` of a filter that declares
 * `content: "mime"`.
 *
 * The body is kept in memory or in a temporary file, and is read piece by piece. Nothing that a sender writes can make
 * reading fail. Reading fails with {@linkcode ContentError} once the callback is over or the MTA has disconnected, and
 * with {@linkcode SpoolError} if the temporary file cannot be read.
 */
export class MessageContent {
  /** The bytes of the body. */
  protected readonly source: ByteSource;
  readonly #kept: KeptContent;
  readonly #headers: Headers;
  #mime: Promise<MimeMessage> | undefined;
  #closed = false;

  /**
   * @param kept the kept body
   * @param headers the header
   */
  constructor(kept: KeptContent, headers: Headers) {
    this.#kept = kept;
    this.#headers = headers;
    this.source = spoolSource(kept.spool, () => this.#check());
  }

  /** The size of the body in bytes. */
  get size(): number {
    return this.source.size;
  }

  /**
   * Reads the message's structure as a tree of parts; a part's content is read only when you ask for it. The first call
   * by any filter of the chain reads the body; later calls reuse the result, unless a filter in between has changed the
   * body.
   *
   * @throws {SpoolError} as a rejection, if the body cannot be read
   * @throws {ContentError} as a rejection, if the callback is over
   */
  async mime(): Promise<MimeMessage> {
    this.#check();
    const source = decodedSpoolSource(this.#kept.spool, () => this.#check());
    return await (this.#mime ??= this.#kept.mime(this.#headers, source));
  }

  /**
   * All parts of the message in document order: first the message itself, then the parts in it. Rejects as {@linkcode
   * MessageContent.mime} does.
   */
  async parts(): Promise<readonly Part[]> {
    return (await this.mime()).parts;
  }

  /** The body as it is, in pieces. Fails as {@linkcode MessageContent.mime} does. */
  async *stream(): AsyncGenerator<Uint8Array, void> {
    yield* this.source.read(0, this.size);
  }

  /** Refuses to read from now on. */
  close(): void {
    this.#closed = true;
  }

  #check(): void {
    if (this.#closed || this.#kept.isOver()) throw new ContentError("over");
  }
}
