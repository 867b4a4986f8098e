/**
 * A part of a message, as filters see it.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import { decodeText } from "./charset.ts";
import { fileNameOf } from "./file_name.ts";
import { type ParsedParameters, parseParameters } from "./parameters.ts";
import { untilWholeCharacter } from "./whole_character.ts";
import type { PartHeaders } from "./structure/part_headers.ts";
import type { PartInfo, TransferEncoding } from "./structure/part_info.ts";
import type { MimeProblem } from "./structure/problems.ts";
import { concatenated } from "../protocol/bytes.ts";
import { decoded, decoderOf } from "./transfer/transfer.ts";

/** How much of a part is read. */
export interface ReadOptions {
  /** The maximum number of bytes of decoded content that are read: the result has the first of them. @default all */
  readonly max?: number;
}

/** A limit on reading that is not a number of bytes: a bug in the filter, which would otherwise see nothing. */
export class InvalidReadError extends Error {
  override readonly name = "InvalidReadError";
  /** Always `invalid-read`. */
  readonly code = "invalid-read";
  /** What was given. */
  readonly value: unknown;

  /** @param value what was given */
  constructor(value: unknown) {
    super(`Cannot read ${JSON.stringify(value)} bytes of a part: max must be a number, 0 or more`);
    this.value = value;
  }
}

/** Types that mail programs show as text or as a report unless they are marked as files. */
const SHOWN = /^(?:text\/.*|message\/(?:delivery-status|disposition-notification|feedback-report))$/;

/** Types of content that is encrypted or signed as a whole (RFC 8551, 3.2). */
const SMIME: ReadonlySet<string> = new Set(["application/pkcs7-mime", "application/x-pkcs7-mime"]);

/**
 * A part of a message: the message itself, a text, an attachment, or a group of parts.
 *
 * Its content is read and decoded only when you ask for it, and is not kept. Reading never fails because of what a
 * sender wrote: see {@linkcode Part.problems} for what is wrong. It fails if the message can no longer be read, such as
 * after its end.
 */
export class Part {
  /** Its positions. */
  readonly info: PartInfo;
  /** The part that contains this one; undefined for the message itself. */
  readonly parent: Part | undefined;
  /** The parts in it, in order. An attached message has one child: the message itself. */
  readonly children: readonly Part[] = [];
  /**
   * The part in whose encoded content this one is: for example, an attached message that is encoded as a whole.
   * Undefined for nearly all parts, whose bytes are directly in the message.
   */
  readonly container: Part | undefined;
  /** What is wrong with it. */
  readonly problems: readonly MimeProblem[] = [];
  readonly #source: ByteSource;
  #disposition: ParsedParameters | undefined;

  /**
   * @param info its positions
   * @param parent the part that contains it
   * @param container the part in whose encoded content it is
   * @param source the bytes that the positions refer to
   */
  constructor(info: PartInfo, parent: Part | undefined, container: Part | undefined, source: ByteSource) {
    this.info = info;
    this.parent = parent;
    this.container = container;
    this.#source = source;
  }

  /** Its place in document order; 0 is the message itself. */
  get index(): number {
    return this.info.index;
  }

  /** How many parts enclose this one. */
  get depth(): number {
    return this.info.depth;
  }

  /** Its header fields. */
  get headers(): PartHeaders {
    return this.info.headers;
  }

  /** The media type in lower case, such as `text/plain`, the default without a readable Content-Type. */
  get type(): string {
    return this.info.content.type;
  }

  /** The parameters of Content-Type, decoded; names in lower case. */
  get parameters(): ReadonlyMap<string, string> {
    return this.info.content.parameters;
  }

  /** How the content is encoded: `identity` for `7bit`, `8bit`, `binary`, and for encodings that are unknown. */
  get encoding(): TransferEncoding {
    return this.info.content.encoding;
  }

  /** The charset as named by the sender, in lower case; undefined if there is none. */
  get charset(): string | undefined {
    return this.parameters.get("charset")?.trim().toLowerCase() || undefined;
  }

  /** The value of Content-Disposition, such as `attachment` or `inline`; undefined without one. */
  get disposition(): string | undefined {
    return this.#dispositionField.value || undefined;
  }

  /**
   * The file name: from Content-Disposition or else Content-Type, without a path and without invisible characters.
   * Undefined if there is none. For names that other programs may read instead, see {@linkcode Part.fileNames}.
   */
  get fileName(): string | undefined {
    return this.fileNames[0];
  }

  /**
   * Every name that a mail program may show, each once, from both fields and from repeated parameters. The first is
   * {@linkcode Part.fileName}. Check all of them if you refuse names.
   */
  get fileNames(): readonly string[] {
    const [disposition, type] = [
      this.#headerParameters("Content-Disposition"),
      this.#headerParameters("Content-Type"),
    ];
    const names = new Set<string>();
    // Each field has its own parameter, but some programs write or read the other field's.
    for (
      const [words, wanted] of [[disposition, "filename"], [type, "name"], [disposition, "name"], [
        type,
        "filename",
      ]] as const
    ) {
      for (const [word, value] of words) {
        const name = word === wanted ? fileNameOf(value) : undefined;
        if (name !== undefined) names.add(name);
      }
    }
    return [...names];
  }

  /** The Content-ID without angle brackets, by which HTML names the part; undefined if there is none. */
  get contentId(): string | undefined {
    return this.headers.text("Content-ID")?.replace(/^<|>$/g, "") || undefined;
  }

  /** Whether it is a group of parts. */
  get isMultipart(): boolean {
    return this.type.startsWith("multipart/");
  }

  /**
   * Whether mail programs show it as a file: it is declared an attachment, has a file name, or is neither text nor an
   * image used by the HTML next to it. Use it for display, not for policy: refuse files by name and type wherever they
   * are.
   */
  get isAttachment(): boolean {
    if (this.isMultipart) return false;
    if (this.disposition === "attachment") return true;
    return !this.#isInRelated && (this.fileName !== undefined || !SHOWN.test(this.type));
  }

  /**
   * Whether it, or a part that contains it, is signed with S/MIME, PGP/MIME or inline PGP. A change would break the
   * signature.
   */
  get isSigned(): boolean {
    return this.#protection === "signed" || (this.parent?.isSigned ?? false);
  }

  /** Whether it, or a part that contains it, is encrypted with S/MIME, PGP/MIME or inline PGP. */
  get isEncrypted(): boolean {
    return this.#protection === "encrypted" || (this.parent?.isEncrypted ?? false);
  }

  /** The size of the content as it was sent, in bytes. */
  get size(): number {
    return this.info.bodyEnd - this.info.bodyStart;
  }

  /**
   * The content as it was sent.
   *
   * @param from the number of bytes to skip at the beginning; default 0
   */
  async *raw(from = 0): AsyncGenerator<Uint8Array, void> {
    const { bodyStart, bodyEnd } = this.info;
    yield* this.#source.read(Math.min(bodyStart + from, bodyEnd), bodyEnd);
  }

  /** The decoded content, in pieces of a few dozen kilobytes. */
  stream(): AsyncIterable<Uint8Array> {
    const { bodyStart, bodyEnd } = this.info;
    // Bytes decoded from base64 share no memory with the source.
    const raw = this.#source.read(bodyStart, bodyEnd, this.encoding === "base64");
    return decoded(raw, decoderOf(this.encoding));
  }

  /**
   * The decoded content.
   *
   * @throws {InvalidReadError} as a rejection, for a `max` below 0 or that is no number
   */
  async bytes({ max = Infinity }: ReadOptions = {}): Promise<Uint8Array> {
    if (typeof max !== "number" || !(max >= 0)) throw new InvalidReadError(max);
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.stream()) {
      pieces.push(piece);
      size += piece.length;
      if (size >= max) break;
    }
    return concatenated(pieces).subarray(0, Math.min(size, max));
  }

  /**
   * The decoded content as text, with LF between lines. The charset is that of Content-Type, see {@linkcode
   * decodeText}; invalid bytes become U+FFFD.
   *
   * @throws {InvalidReadError} as a rejection, for a `max` below 0 or that is no number
   */
  async text(options: ReadOptions = {}): Promise<string> {
    const bytes = await this.bytes(options);
    const isCut = bytes.length >= (options.max ?? Infinity) &&
      /^(?:utf-?8|us-ascii|)$/.test(this.charset ?? "");
    const text = decodeText(isCut ? untilWholeCharacter(bytes) : bytes, this.charset);
    return text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
  }

  get #dispositionField(): ParsedParameters {
    return this.#disposition ??= parseParameters(this.headers.get("Content-Disposition")?.valueBytes ?? "");
  }

  /** The parameters of all fields with a name, those that count first. */
  #headerParameters(name: string): (readonly [string, string])[] {
    return this.headers.all(name).flatMap(({ valueBytes }) => {
      const { parameters, duplicates } = parseParameters(valueBytes);
      return [...parameters, ...duplicates.map((each) => [each.name, each.value] as const)];
    });
  }

  /** Whether it is an image or the like used by the HTML next to it. */
  get #isInRelated(): boolean {
    return this.parent?.type === "multipart/related" && this.parent.children[0] !== this &&
      this.contentId !== undefined;
  }

  get #protection(): "signed" | "encrypted" | undefined {
    const { type } = this;
    if (type === "multipart/signed") return "signed";
    if (type === "multipart/encrypted") return "encrypted";
    if (!SMIME.has(type)) return this.info.inlinePgp;
    return /^(?:signed-data|certs-only)$/i.test(this.parameters.get("smime-type") ?? "")
      ? "signed"
      : "encrypted";
  }
}
