/**
 * Splits the bytes of a message into what the tree of its parts is built from: header lines, possible delimiter lines,
 * and content.
 *
 * @module
 */

import { headerLineKind } from "./header_block.ts";
import { LONGEST_DELIMITER } from "./limits.ts";
import { LineBuffer } from "./line_buffer.ts";
import type { Collected } from "./open_part.ts";
import { PartTree, type TreeStart } from "./part_tree.ts";

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/**
 * Reads one message, or the decoded content of one part. Takes linear time, and keeps only headers and the beginning of
 * a line.
 */
export class Scanner {
  readonly #tree: PartTree;
  /** How many bytes of a header line are needed to classify it. */
  readonly #longestLine: number;
  /** The beginning of a line whose end has not arrived. */
  readonly #line = new LineBuffer();
  /** Whether the input is in the rest of a header line that was too long. */
  #inLongLine = false;
  /** Whether the input is at the start of a content line, and the length of the line end before it. */
  #startsLine = true;
  #lineEnd = 0;
  /** The byte before the next ones. */
  #last = 0;
  /** The position of the next byte. */
  #at = 0;

  /**
   * @param collected receives the parts and problems
   * @param start where reading begins
   * @param encodedDepth how many encoded contents are around it
   */
  constructor(collected: Collected, start: TreeStart, encodedDepth = 0) {
    this.#longestLine = Math.max(collected.limits.headerBytes, LONGEST_DELIMITER);
    this.#tree = new PartTree(
      collected,
      start,
      encodedDepth,
      (inside) => new Scanner(collected, inside, encodedDepth + 1),
    );
  }

  /** Takes the next bytes. They are not kept. */
  push(bytes: Uint8Array): void {
    const tree = this.#tree;
    for (let at = 0; at < bytes.length && !tree.isFull;) {
      at = tree.header ? this.#takeHeader(bytes, at) : this.#takeContent(bytes, at);
    }
    this.#at += bytes.length;
    this.#last = bytes.at(-1) ?? this.#last;
  }

  /** Ends the input. */
  end(): void {
    if (this.#line.length > 0) {
      const line = this.#line.take();
      const start = this.#at - line.length;
      if (this.#tree.header) this.#headerLine(line, start, this.#at);
      else this.#contentLine(line, start, this.#at);
    }
    this.#tree.end(this.#at);
  }

  /** Takes bytes of a header up to the next line end, and returns where it stopped. */
  #takeHeader(bytes: Uint8Array, at: number): number {
    const lf = bytes.indexOf(LF, at);
    const end = lf < 0 ? bytes.length : lf + 1;
    if (this.#inLongLine) {
      this.#tree.header!.extend(this.#at + end);
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
    const tree = this.#tree;
    const header = tree.header!;
    const delimiter = tree.delimiterIn(line);
    if (delimiter) {
      tree.delimiter(delimiter, start, start, end);
      return this.#afterContent(line, line.length);
    }
    const kind = headerLineKind(line.subarray(0, this.#longestLine), header.isEmpty);
    if (kind === "end") {
      tree.endHeader(start, end, false);
      this.#startsContent();
    } else if (kind === "content") {
      this.#inLongLine = false;
      tree.problem("no-header-end");
      tree.endHeader(start, start, false);
      this.#startsContent();
      this.#again(line, start);
    } else {
      if (kind === "continuation" && !header.hasField) tree.problem("stray-line");
      header.add(kind, line, start, end);
    }
  }

  #startsContent(): void {
    this.#startsLine = true;
    this.#lineEnd = 0;
  }

  /** Reads a line of the header again as content. */
  #again(line: Uint8Array, start: number): void {
    const at = this.#at;
    this.#at = start;
    this.push(line);
    this.#at = at;
  }

  /** Takes bytes of content up to the next line that begins with a dash, or such a line, and returns where it stopped. */
  #takeContent(bytes: Uint8Array, at: number): number {
    if (!this.#startsLine || (this.#line.length === 0 && bytes[at] !== DASH)) {
      const next = this.#nextDashLine(bytes, at);
      this.#tree.content(bytes.subarray(at, next));
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
      this.#tree.content(this.#line.take());
      this.#startsLine = false;
    }
    return end;
  }

  /** A line that begins with a dash. */
  #contentLine(line: Uint8Array, start: number, end: number): void {
    const delimiter = this.#tree.delimiterIn(line);
    if (delimiter) this.#tree.delimiter(delimiter, start - this.#lineEnd, start, end);
    else this.#tree.content(line, true);
    this.#afterContent(line, line.length);
  }

  /** Notes whether a line starts where the taken content ends. */
  #afterContent(bytes: Uint8Array, at: number): void {
    this.#startsLine = bytes[at - 1] === LF;
    const before = at > 1 ? bytes[at - 2] : this.#last;
    this.#lineEnd = !this.#startsLine ? 0 : before === CR ? 2 : 1;
  }

  /** Where the next line that begins with a dash starts, after the line at a position; the end if there is none. */
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
}
