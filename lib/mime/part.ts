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
import { concatenated } from "./transfer/concatenated.ts";
import { decoded, decoderOf } from "./transfer/transfer.ts";

/** How much of a part is read. */
export interface ReadOptions {
  /** The most bytes of decoded content that are read: the result has the first of them. @default all */
  readonly max?: number;
}

/** Types that mail programs show as text or as a report, if nothing says that they are files. */
const SHOWN = /^(?:text\/.*|message\/(?:delivery-status|disposition-notification|feedback-report))$/;

/** Types of content that is encrypted or signed as a whole (RFC 8551, 3.2). */
const SMIME: ReadonlySet<string> = new Set(["application/pkcs7-mime", "application/x-pkcs7-mime"]);

/**
 * A part of a message: the message itself, a text, an attachment, or a group of parts.
 *
 * Its content is read and decoded only when you ask for it, and is not kept. Reading never fails because of what a sender
 * wrote: what is wrong is in {@linkcode Part.problems}. It fails if the message can no longer be read, such as after its end.
 */
export class Part {
  /** Its positions. */
  readonly info: PartInfo;
  /** The part that has this one; undefined for the message itself. */
  readonly parent: Part | undefined;
  /** The parts in it, in order. A message inside a message has one: the message inside. */
  readonly children: readonly Part[] = [];
  /**
   * The part with the encoded content that has this one: a message that somebody encoded as a whole, say. Undefined for
   * nearly all parts, whose bytes are in the message as they are.
   */
  readonly container: Part | undefined;
  /** What is wrong with it. */
  readonly problems: readonly MimeProblem[] = [];
  readonly #source: ByteSource;
  #disposition: ParsedParameters | undefined;

  /**
   * @param info its positions
   * @param parent the part that has it
   * @param container the part with the encoded content that has it
   * @param source what the positions count in
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

  /** How many parts have this one inside. */
  get depth(): number {
    return this.info.depth;
  }

  /** Its header fields. */
  get headers(): PartHeaders {
    return this.info.headers;
  }

  /** The media type in lower case, such as `text/plain`, which it is without a Content-Type that can be read. */
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

  /** The charset as the sender calls it, in lower case; undefined if there is none. */
  get charset(): string | undefined {
    return this.parameters.get("charset")?.trim().toLowerCase() || undefined;
  }

  /** The value of Content-Disposition, such as `attachment` or `inline`; undefined without one. */
  get disposition(): string | undefined {
    return this.#dispositionField.value || undefined;
  }

  /**
   * The name of the file: what Content-Disposition or else Content-Type calls it, without a path and without characters
   * that are not seen. Undefined if there is none. For what other programs may read instead see
   * {@linkcode Part.fileNames}.
   */
  get fileName(): string | undefined {
    return this.fileNames[0];
  }

  /**
   * Every name that a mail program may show, each once: in both fields, and repeated ones. The first is
   * {@linkcode Part.fileName}. Test all of them if you refuse names.
   */
  get fileNames(): readonly string[] {
    const [disposition, type] = [
      this.#headerParameters("Content-Disposition"),
      this.#headerParameters("Content-Type"),
    ];
    const names = new Set<string>();
    // Each field has a word of its own, and some programs write or read the other one's.
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
   * Whether mail programs show it as a file: it says that it is an attachment, has a file name, or is neither text nor an
   * image that the HTML beside it names. For looks, not for policy: refuse files by name and type wherever they are.
   */
  get isAttachment(): boolean {
    if (this.isMultipart) return false;
    if (this.disposition === "attachment") return true;
    return !this.#isInRelated && (this.fileName !== undefined || !SHOWN.test(this.type));
  }

  /** Whether it is signed: it, or a part that has it, is of S/MIME, PGP/MIME or inline PGP. A change would break that. */
  get isSigned(): boolean {
    return this.#protection === "signed" || (this.parent?.isSigned ?? false);
  }

  /** Whether it is encrypted: it, or a part that has it, is of S/MIME, PGP/MIME or inline PGP. */
  get isEncrypted(): boolean {
    return this.#protection === "encrypted" || (this.parent?.isEncrypted ?? false);
  }

  /** How many bytes the content has as it was sent. */
  get size(): number {
    return this.info.bodyEnd - this.info.bodyStart;
  }

  /**
   * The content as it was sent.
   *
   * @param from how many bytes of it to leave out at the beginning; 0 unless given
   */
  async *raw(from = 0): AsyncGenerator<Uint8Array, void> {
    const { bodyStart, bodyEnd } = this.info;
    yield* this.#source.read(Math.min(bodyStart + from, bodyEnd), bodyEnd);
  }

  /** The decoded content, in pieces of a few dozen kilobytes. */
  stream(): AsyncIterable<Uint8Array> {
    const { bodyStart, bodyEnd } = this.info;
    // What is decoded from base64 shares no memory with it.
    const raw = this.#source.read(bodyStart, bodyEnd, this.encoding === "base64");
    return decoded(raw, decoderOf(this.encoding));
  }

  /** The decoded content. */
  async bytes({ max = Infinity }: ReadOptions = {}): Promise<Uint8Array> {
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
   * The decoded content as text, with LF between lines. The charset is that of Content-Type, see {@linkcode decodeText};
   * bytes that are wrong become U+FFFD.
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

  /** Whether it is an image or the like that the HTML beside it names. */
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
