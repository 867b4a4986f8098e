/**
 * Finds the parts of a message while its bytes arrive.
 *
 * @module
 */

import { latin1Text } from "../../protocol/text.ts";
import { BareCrFinder } from "./bare_cr_finder.ts";
import { boundaryOf, contentFacts } from "./content_facts.ts";
import { EncodedContent } from "./encoded_content.ts";
import { HeaderBlock, headerLineKind } from "./header_block.ts";
import { LONGEST_DELIMITER } from "./limits.ts";
import { LineBuffer } from "./line_buffer.ts";
import { type Collected, OpenPart } from "./open_part.ts";
import type { PartHeaders } from "./part_headers.ts";
import type { ContentFacts } from "./part_info.ts";
import { PgpFinder } from "./pgp_finder.ts";

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** Types whose content is a message (RFC 2046, 5.2.1; RFC 6532, 3.7). */
const MESSAGE_TYPES: ReadonlySet<string> = new Set(["message/rfc822", "message/global"]);

/** What follows where there are too many parts. */
const OPAQUE: ContentFacts = {
  type: "application/octet-stream",
  parameters: new Map(),
  encoding: "identity",
};

/** A delimiter line: of which part, and whether it closes it. */
interface Delimiter {
  /** Where the part is on the stack. */
  readonly level: number;
  readonly closes: boolean;
}

/** Where a scanner begins. */
export type ScannerStart =
  /** With the header of a message. */
  | { readonly at: "header"; readonly parent?: OpenPart }
  /** With the body of a message whose header is known. */
  | { readonly at: "body"; readonly headers: PartHeaders }
  /** With the decoded content of a multipart that is encoded as a whole. */
  | { readonly at: "multipart"; readonly part: OpenPart };

/**
 * Reads one message, or the decoded content of one part. Takes time in proportion to the bytes, and keeps none of them except
 * headers and the beginning of a line.
 */
export class Scanner {
  readonly #collected: Collected;
  /** The part in whose decoded content positions count. */
  readonly #container: number | undefined;
  /** The parts that are not at their end, each within the one before. */
  readonly #stack: OpenPart[] = [];
  /** How many of them belong to another scanner. */
  readonly #foreign: number = 0;
  /** The header that is being read, of the last part on the stack. */
  #header: HeaderBlock | undefined;
  /** Takes the content of the last part on the stack. */
  #content: EncodedContent | undefined;
  #pgp: PgpFinder | undefined;
  #bareCr: BareCrFinder | undefined;
  /** The beginning of a line whose end has not come. */
  readonly #line = new LineBuffer();
  /** Whether the rest of a header line that was too long comes. */
  #inLongLine = false;
  /** Whether a line of content starts, and how long the line end before it is. */
  #startsLine = true;
  #lineEnd = 0;
  /** The byte before those that come. */
  #last = 0;
  /** The position of the first of those. */
  #at = 0;
  /** Whether the rest is a single part, since there are too many. */
  #isFull = false;

  /**
   * @param collected gets the parts and problems
   * @param start where to begin
   */
  constructor(collected: Collected, start: ScannerStart) {
    this.#collected = collected;
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

  /** Takes the next bytes. They are not kept. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      at = this.#isFull
        ? bytes.length
        : this.#header
        ? this.#takeHeader(bytes, at)
        : this.#takeContent(bytes, at);
    }
    this.#at += bytes.length;
    this.#last = bytes.at(-1) ?? this.#last;
  }

  /** There are no more bytes. */
  end(): void {
    if (this.#line.length > 0) {
      const line = this.#line.take();
      const start = this.#at - line.length;
      if (this.#header) this.#headerLine(line, start, this.#at);
      else this.#contentLine(line, start, this.#at);
    }
    this.#unwind(this.#foreign, this.#at, this.#at, false);
  }

  /** How much of a line of a header decides what it is. */
  get #longestLine(): number {
    return Math.max(this.#collected.limits.headerBytes, LONGEST_DELIMITER);
  }

  get #top(): OpenPart {
    return this.#stack.at(-1)!;
  }

  // ---- the header of a part

  /** Takes bytes of a header up to the next line end, and returns where it stopped. */
  #takeHeader(bytes: Uint8Array, at: number): number {
    const lf = bytes.indexOf(LF, at);
    const end = lf < 0 ? bytes.length : lf + 1;
    if (this.#inLongLine) {
      this.#header!.extend(this.#at + end);
      this.#inLongLine = lf < 0;
      return end;
    }
    if (lf >= 0 && this.#line.length === 0) {
      this.#headerLine(bytes.subarray(at, end), this.#at + at, this.#at + end);
      return end;
    }
    this.#line.push(bytes.subarray(at, end));
    if (lf >= 0 || this.#line.length > this.#longestLine) {
      const line = this.#line.take();
      this.#inLongLine = lf < 0;
      this.#headerLine(line, this.#at + end - line.length, this.#at + end);
    }
    return end;
  }

  #headerLine(line: Uint8Array, start: number, end: number): void {
    const header = this.#header!;
    const delimiter = this.#delimiterIn(line);
    if (delimiter) {
      this.#inLongLine = false;
      if (header.isEmpty && this.#stack.at(-2)?.delimiter !== undefined) this.#dropPart();
      else this.#endHeader(start, start, true);
      return this.#delimiter(delimiter, line, start, end);
    }
    const kind = headerLineKind(line.subarray(0, this.#longestLine), header.isEmpty);
    if (kind === "end") return this.#endHeader(start, end, false);
    if (kind === "content") {
      this.#inLongLine = false;
      this.#collected.problem(this.#top, "no-header-end");
      this.#endHeader(start, start, false);
      this.#again(line, start);
      return;
    }
    if (kind === "continuation" && !header.hasField) this.#collected.problem(this.#top, "stray-line");
    header.add(kind, line, start, end);
  }

  /** Reads a line of the header again as content. */
  #again(line: Uint8Array, start: number): void {
    const at = this.#at;
    this.#at = start;
    this.push(line);
    this.#at = at;
  }

  /** The header ends; `partEnds` if its part does too. */
  #endHeader(headerEnd: number, bodyStart: number, partEnds: boolean): void {
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

  #describe(part: OpenPart, headers: PartHeaders): void {
    const inDigest = this.#stack.at(-2)?.content.type === "multipart/digest";
    part.headers = headers;
    part.content = contentFacts(
      headers,
      inDigest ? "message/rfc822" : "text/plain",
      (code) => this.#collected.problem(part, code),
    );
  }

  // ---- parts

  #open(parent: OpenPart | undefined, delimiterStart: number, headerStart: number): OpenPart {
    const collected = this.#collected;
    const index = collected.parts.length;
    const part = new OpenPart(index, parent, this.#container, delimiterStart, headerStart);
    collected.parts.push(part);
    this.#stack.push(part);
    if (index >= collected.limits.parts) {
      this.#isFull = true;
      part.content = OPAQUE;
      collected.problem(part, "too-many-parts");
    } else {
      this.#header = new HeaderBlock(collected.headerRoom);
      this.#lineEnd = 0;
    }
    return part;
  }

  /** Between two delimiters without a byte in between there is no part: a message of delimiters only has none. */
  #dropPart(): void {
    this.#header = undefined;
    this.#stack.pop();
    this.#collected.parts.pop();
    this.#top.hasParts = this.#collected.parts.at(-1) !== this.#top;
  }

  /** The content of a part starts. */
  #enterBody(part: OpenPart): void {
    const { type, encoding, parameters } = part.content;
    const collected = this.#collected;
    this.#startsLine = true;
    this.#lineEnd = 0;
    const isMultipart = type.startsWith("multipart/");
    if (this.#stack.length > 1 || isMultipart) {
      this.#bareCr = new BareCrFinder((line) => this.#notADelimiter(part, line));
    }
    if (!isMultipart && !MESSAGE_TYPES.has(type)) {
      if (type.startsWith("text/")) this.#pgp = new PgpFinder(encoding);
    } else if (part.depth >= collected.limits.depth) {
      collected.problem(part, "too-deep");
    } else if (!isMultipart) {
      if (encoding === "identity") {
        this.#open(part, part.bodyStart, part.bodyStart);
      } else {
        collected.problem(part, "encoded-message");
        this.#content = new EncodedContent(part, new Scanner(collected, { at: "header", parent: part }));
      }
    } else {
      const boundary = boundaryOf(parameters);
      if (!boundary) return collected.problem(part, "no-boundary");
      part.boundary = boundary;
      part.delimiter = "--" + latin1Text(boundary);
      if (encoding === "identity") return;
      collected.problem(part, "encoded-multipart");
      this.#content = new EncodedContent(part, new Scanner(collected, { at: "multipart", part }));
    }
  }

  /** A delimiter line. */
  #delimiter({ level, closes }: Delimiter, line: Uint8Array, start: number, end: number): void {
    this.#unwind(level + 1, start - this.#lineEnd, start, true);
    const part = this.#top;
    if (this.#content) {
      // A multipart that says it is encoded as a whole, but is not.
      this.#content = undefined;
      this.#collected.forget(part.index + 1);
      part.hasParts = false;
      part.closeStart = part.closeEnd = undefined;
    }
    if (closes) {
      part.closeStart = start;
      part.closeEnd = end;
      return this.#afterContent(line, line.length);
    }
    if (part.closeStart !== undefined) {
      this.#collected.problem(part, "parts-after-close");
      part.closeStart = part.closeEnd = undefined;
    }
    part.hasParts = true;
    this.#open(part, start, end);
  }

  /** Ends the parts on the stack from a level on. */
  #unwind(level: number, bodyEnd: number, end: number, atDelimiter: boolean): void {
    while (this.#stack.length > level) {
      if (this.#header) this.#endHeader(end, end, true);
      this.#content?.end(atDelimiter);
      this.#content = undefined;
      this.#bareCr?.end();
      this.#bareCr = undefined;
      const part = this.#stack.pop()!;
      part.inlinePgp = this.#pgp?.found;
      this.#pgp = undefined;
      part.bodyEnd = Math.max(part.bodyStart, bodyEnd);
      part.end = end;
      if (part.delimiter !== undefined) this.#endMultipart(part);
    }
  }

  #endMultipart(part: OpenPart): void {
    if (!part.hasParts) this.#collected.problem(part, "no-parts");
    if (part.decoded !== undefined) {
      // Positions of its parts count in its decoded content, so there is no place for its last delimiter.
      part.closeStart = part.closeEnd = undefined;
    } else if (part.closeStart === undefined) {
      this.#collected.problem(part, "not-closed");
    }
  }

  // ---- content

  /** Takes bytes of content up to the next line that begins with a dash, or such a line, and returns where it stopped. */
  #takeContent(bytes: Uint8Array, at: number): number {
    if (!this.#startsLine || (this.#line.length === 0 && bytes[at] !== DASH)) {
      const next = this.#nextDashLine(bytes, at);
      this.#contentBytes(bytes.subarray(at, next));
      this.#afterContent(bytes, next);
      return next;
    }
    const line = bytes.subarray(at, at + LONGEST_DELIMITER - this.#line.length);
    const lf = line.indexOf(LF);
    const end = at + (lf < 0 ? line.length : lf + 1);
    if (lf >= 0 && this.#line.length === 0) {
      this.#contentLine(bytes.subarray(at, end), this.#at + at, this.#at + end);
      return end;
    }
    this.#line.push(bytes.subarray(at, end));
    if (lf >= 0) {
      const whole = this.#line.take();
      this.#contentLine(whole, this.#at + end - whole.length, this.#at + end);
    } else if (this.#line.length >= LONGEST_DELIMITER) {
      this.#contentBytes(this.#line.take());
      this.#startsLine = false;
    }
    return end;
  }

  /** A line that begins with a dash. */
  #contentLine(line: Uint8Array, start: number, end: number): void {
    const delimiter = this.#delimiterIn(line);
    if (delimiter) return this.#delimiter(delimiter, line, start, end);
    this.#pgp?.line(line);
    this.#contentBytes(line);
    this.#afterContent(line, line.length);
  }

  #contentBytes(bytes: Uint8Array): void {
    this.#pgp?.content(bytes);
    this.#bareCr?.push(bytes);
    this.#content?.push(bytes);
  }

  /** Notes whether a line starts where content was taken up to. */
  #afterContent(bytes: Uint8Array, at: number): void {
    this.#startsLine = bytes[at - 1] === LF;
    const before = at > 1 ? bytes[at - 2] : this.#last;
    this.#lineEnd = !this.#startsLine ? 0 : before === CR ? 2 : 1;
  }

  /** Where the next line starts that begins with a dash, after the one that is at a position; the end if there is none. */
  #nextDashLine(bytes: Uint8Array, from: number): number {
    let at = bytes.indexOf(DASH, from);
    while (at >= 0) {
      if (at > from && bytes[at - 1] === LF) return at;
      // Not a search for each: there may be many in a row.
      do at++; while (bytes[at] === DASH);
      at = bytes.indexOf(DASH, at);
    }
    return bytes.length;
  }

  /** Notes a line after a bare CR that would be a delimiter after a line end. */
  #notADelimiter(part: OpenPart, line: Uint8Array): void {
    if (this.#delimiterIn(line)) this.#collected.problem(part, "bare-cr");
  }

  /** The delimiter that a line is: of the innermost part that is not closed and has this boundary, else of a closed one. */
  #delimiterIn(line: Uint8Array): Delimiter | undefined {
    if (line[0] !== DASH || line[1] !== DASH || line.length > LONGEST_DELIMITER) return undefined;
    let end = line.length;
    while (isBlank(line[end - 1])) end--;
    const text = latin1Text(line.subarray(0, end));
    let closed: Delimiter | undefined;
    for (let level = this.#stack.length - 1; level >= 0; level--) {
      const { delimiter, closeStart } = this.#stack[level]!;
      if (delimiter === undefined || !text.startsWith(delimiter)) continue;
      const rest = text.length - delimiter.length;
      if (rest !== 0 && !(rest === 2 && text.endsWith("--"))) continue;
      const found = { level, closes: rest === 2 };
      if (closeStart === undefined) return found;
      closed ??= found;
    }
    return closed;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CR || byte === LF;
}
