/**
 * Builds the tree of parts from what a scanner finds: headers, delimiter lines and content.
 *
 * @module
 */

import { boundaryOf, contentFacts } from "./content_facts.ts";
import { ContentWatch } from "./content_watch.ts";
import { type ContentReader, EncodedContent } from "./encoded_content.ts";
import { HeaderBlock } from "./header_block.ts";
import { LONGEST_DELIMITER } from "./limits.ts";
import { type Collected, OpenPart } from "./open_part.ts";
import type { PartHeaders } from "./part_headers.ts";
import type { ContentFacts } from "./part_info.ts";
import type { MimeProblemCode } from "./problems.ts";

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** Types whose content is a message (RFC 2046, 5.2.1; RFC 6532, 3.7; RFC 5537, 2.1). */
const MESSAGE_TYPES: ReadonlySet<string> = new Set(["message/rfc822", "message/global", "message/news"]);

/** The content facts of the rest if there are too many parts. */
const OPAQUE: ContentFacts = {
  type: "application/octet-stream",
  parameters: new Map(),
  encoding: "identity",
};

/** A delimiter line: the part that it belongs to, and whether it closes it. */
export interface Delimiter {
  /** The index of the part on the stack. */
  readonly level: number;
  readonly closes: boolean;
}

/** Where reading begins. */
export type TreeStart =
  /** At the header of a message. */
  | { readonly at: "header"; readonly parent?: OpenPart }
  /** At the body of a message whose header is known. */
  | { readonly at: "body"; readonly headers: PartHeaders }
  /** At the decoded content of a multipart that is encoded as a whole. */
  | { readonly at: "multipart"; readonly part: OpenPart };

/** The open parts of one message, or of the decoded content of one part. */
export class PartTree {
  readonly #collected: Collected;
  /** Makes a reader for decoded content. */
  readonly #readerOf: (start: TreeStart) => ContentReader;
  /** The part in whose decoded content positions are. */
  readonly #container: number | undefined;
  /** How many encoded contents are around it. */
  readonly #encodedDepth: number;
  /** The open parts, each inside the previous one. */
  readonly #stack: OpenPart[] = [];
  /** How many of them belong to another tree. */
  readonly #foreign: number = 0;
  #header: HeaderBlock | undefined;
  /** Decodes the content of the last part. */
  #encoded: EncodedContent | undefined;
  /** Watches the content of the last part. */
  #watch: ContentWatch | undefined;
  /** Whether there are too many parts, so that the rest is a single part. */
  isFull = false;

  /**
   * @param collected receives the parts and problems
   * @param start where reading begins
   * @param encodedDepth how many encoded contents are around it
   * @param readerOf makes a reader for decoded content
   */
  constructor(
    collected: Collected,
    start: TreeStart,
    encodedDepth: number,
    readerOf: (start: TreeStart) => ContentReader,
  ) {
    this.#collected = collected;
    this.#encodedDepth = encodedDepth;
    this.#readerOf = readerOf;
    if (start.at === "multipart") {
      this.#container = start.part.index;
      this.#stack.push(start.part);
      this.#foreign = 1;
    } else if (start.at === "header") {
      this.#container = start.parent?.index;
      this.#open(start.parent, 0, 0);
    } else {
      const message = this.#open(undefined, 0, 0);
      this.#header = undefined;
      this.#describe(message, start.headers);
      this.#enterBody(message);
    }
  }

  /** The header of the last part, while it is being read; undefined in its content. */
  get header(): HeaderBlock | undefined {
    return this.#header;
  }

  /** Notes a problem of the last part. */
  problem(code: MimeProblemCode): void {
    this.#collected.problem(this.#top, code);
  }

  /**
   * Takes the next bytes of the last part's content.
   *
   * @param isDashLine whether they are a whole line that begins with a dash; every such line is passed separately
   */
  content(bytes: Uint8Array, isDashLine = false): void {
    this.#watch?.push(bytes, isDashLine);
    this.#encoded?.push(bytes);
  }

  /**
   * Ends the header.
   *
   * @param headerEnd where
   * @param bodyStart where the content starts
   * @param partEnds whether the part ends too
   */
  endHeader(headerEnd: number, bodyStart: number, partEnds: boolean): void {
    const part = this.#top;
    const header = this.#header!;
    this.#header = undefined;
    this.#collected.headerBytes += header.cost;
    if (header.isCut) this.#collected.problem(part, "header-too-long");
    part.headerEnd = headerEnd;
    part.bodyStart = part.bodyEnd = part.end = bodyStart;
    this.#describe(part, header.headers());
    if (!partEnds) this.#enterBody(part);
  }

  /**
   * Handles a delimiter line.
   *
   * @param delimiter what it delimits
   * @param bodyEnd where the content before it ends
   * @param start where the line starts
   * @param end where it ends
   */
  delimiter({ level, closes }: Delimiter, bodyEnd: number, start: number, end: number): void {
    if (this.#header) this.#endHeaderAt(start);
    this.#unwind(level + 1, bodyEnd, start, true);
    const part = this.#top;
    if (this.#encoded) {
      // A multipart that says it is encoded as a whole, but is not.
      this.#encoded = undefined;
      this.#collected.forget(part.index + 1);
      part.hasParts = false;
      part.closeStart = part.closeEnd = undefined;
    }
    if (closes) {
      part.closeStart = start;
      part.closeEnd = end;
      return;
    }
    if (part.closeStart !== undefined) {
      this.#collected.problem(part, "parts-after-close");
      part.closeStart = part.closeEnd = undefined;
    }
    part.hasParts = true;
    this.#open(part, start, end);
  }

  /** Ends the input. */
  end(at: number): void {
    if (this.#header) this.endHeader(at, at, true);
    this.#unwind(this.#foreign, at, at, false);
  }

  /**
   * The delimiter in a line: of the innermost part with this boundary that is not closed, otherwise of a closed one.
   */
  delimiterIn(line: Uint8Array): Delimiter | undefined {
    if (line[0] !== DASH || line[1] !== DASH || line.length > LONGEST_DELIMITER) return undefined;
    let end = line.length;
    while (isBlank(line[end - 1])) end--;
    let closed: Delimiter | undefined;
    for (let level = this.#stack.length - 1; level >= 0; level--) {
      const { boundary, closeStart } = this.#stack[level]!;
      if (boundary === undefined) continue;
      const rest = end - 2 - boundary.length;
      if (rest !== 0 && !(rest === 2 && line[end - 1] === DASH && line[end - 2] === DASH)) continue;
      if (!hasAt(line, 2, boundary)) continue;
      const found = { level, closes: rest === 2 };
      if (closeStart === undefined) return found;
      closed ??= found;
    }
    return closed;
  }

  get #top(): OpenPart {
    return this.#stack.at(-1)!;
  }

  #open(parent: OpenPart | undefined, delimiterStart: number, headerStart: number): OpenPart {
    const collected = this.#collected;
    const index = collected.parts.length;
    const part = new OpenPart(index, parent, this.#container, delimiterStart, headerStart);
    collected.parts.push(part);
    this.#stack.push(part);
    if (index >= collected.limits.parts) {
      this.isFull = true;
      part.content = OPAQUE;
      collected.problem(part, "too-many-parts");
    } else {
      this.#header = new HeaderBlock(collected.headerRoom);
    }
    return part;
  }

  /** Ends a header at a delimiter. Two adjacent delimiters have no part between them. */
  #endHeaderAt(position: number): void {
    if (!this.#header?.isEmpty || this.#stack.at(-2)?.boundary === undefined) {
      return this.endHeader(position, position, true);
    }
    this.#header = undefined;
    this.#stack.pop();
    this.#collected.parts.pop();
    this.#top.hasParts = this.#collected.parts.at(-1) !== this.#top;
  }

  #describe(part: OpenPart, headers: PartHeaders): void {
    const inDigest = this.#stack.at(-2)?.content.type === "multipart/digest";
    part.headers = headers;
    part.content = contentFacts(
      headers,
      inDigest ? "message/rfc822" : "text/plain",
      (code) => this.#collected.problem(part, code),
    );
  }

  /** The content of a part starts. */
  #enterBody(part: OpenPart): void {
    const { type, encoding, parameters } = part.content;
    const collected = this.#collected;
    const isMultipart = type.startsWith("multipart/");
    if (this.#stack.length > 1 || isMultipart || type.startsWith("text/")) {
      this.#watch = new ContentWatch(type, encoding, (line) => {
        if (this.delimiterIn(line)) collected.problem(part, "bare-cr");
      });
    }
    if (!isMultipart && !MESSAGE_TYPES.has(type)) return;
    const isEncoded = encoding !== "identity";
    if (
      part.depth >= collected.limits.depth ||
      (isEncoded && this.#encodedDepth >= collected.limits.encodedDepth)
    ) {
      return collected.problem(part, "too-deep");
    }
    if (isMultipart) {
      const boundary = boundaryOf(parameters);
      if (!boundary) return collected.problem(part, "no-boundary");
      part.boundary = boundary;
      if (!isEncoded) return;
      collected.problem(part, "encoded-multipart");
      this.#encoded = new EncodedContent(part, this.#readerOf({ at: "multipart", part }));
    } else if (isEncoded) {
      collected.problem(part, "encoded-message");
      this.#encoded = new EncodedContent(part, this.#readerOf({ at: "header", parent: part }));
    } else {
      this.#open(part, part.bodyStart, part.bodyStart);
    }
  }

  /** Ends the parts on the stack from a level on. */
  #unwind(level: number, bodyEnd: number, end: number, atDelimiter: boolean): void {
    while (this.#stack.length > level) {
      this.#encoded?.end(atDelimiter);
      this.#encoded = undefined;
      const part = this.#top;
      part.inlinePgp = this.#watch?.end();
      this.#watch = undefined;
      this.#stack.pop();
      part.bodyEnd = Math.max(part.bodyStart, bodyEnd);
      part.end = end;
      if (part.boundary !== undefined) this.#endMultipart(part);
    }
  }

  #endMultipart(part: OpenPart): void {
    if (!part.hasParts) this.#collected.problem(part, "no-parts");
    if (part.decoded !== undefined) {
      // The positions of its parts are in its decoded content, so its closing delimiter has no position.
      part.closeStart = part.closeEnd = undefined;
    } else if (part.closeStart === undefined) {
      this.#collected.problem(part, "not-closed");
    }
  }
}

/** Whether an array contains the wanted bytes at a position. */
function hasAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CR || byte === LF;
}
