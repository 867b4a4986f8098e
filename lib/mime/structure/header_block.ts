/**
 * Collects the lines of a header while a message arrives, within limits, and cuts them into fields.
 *
 * @module
 */

import { NO_BYTES } from "../transfer/decoder.ts";
import { PartField, PartHeaders } from "./part_headers.ts";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/**
 * What a field counts toward the header limit in addition to its bytes, so that many empty fields cannot fill memory.
 */
const FIELD_COST = 64;

/** The kinds of lines that a header may contain. */
export type HeaderLine = "field" | "continuation" | "mailbox" | "end" | "content";

/**
 * Classifies a line of a header.
 *
 * @param line the line with its line end, or the beginning of a long one
 * @param isFirst whether it is the first line of the header
 */
export function headerLineKind(line: Uint8Array, isFirst: boolean): HeaderLine {
  const first = line[0];
  if (first === LF || (first === CR && (line[1] === LF || line.length === 1))) return "end";
  if (first === SPACE || first === TAB) return "continuation";
  if (nameEndOf(line) > 0) return "field";
  return isFirst && isMailboxLine(line) ? "mailbox" : "content";
}

/** Whether a line is a mailbox separator: `From ` or `>From `. */
function isMailboxLine(line: Uint8Array): boolean {
  const at = line[0] === 0x3e ? 1 : 0;
  return line[at] === 0x46 && line[at + 1] === 0x72 && line[at + 2] === 0x6f && line[at + 3] === 0x6d &&
    line[at + 4] === SPACE;
}

/**
 * Where the name of a field ends in its line; 0 if the line is not a field. White space before the colon is allowed.
 */
function nameEndOf(line: Uint8Array): number {
  let end = 0;
  for (let byte = line[end]; byte !== undefined && byte > SPACE && byte < 0x7f && byte !== COLON;) {
    byte = line[++end];
  }
  let colon = end;
  while (line[colon] === SPACE || line[colon] === TAB) colon++;
  return line[colon] === COLON ? end : 0;
}

/** The position of a field in the message and in the kept bytes. */
interface FieldSpan {
  readonly start: number;
  end: number;
  readonly keptStart: number;
  keptEnd: number;
}

/** The header of one part while it is read. */
export class HeaderBlock {
  #kept = NO_BYTES;
  #length = 0;
  #room: number;
  readonly #spans: FieldSpan[] = [];
  /** The field that a continuation line continues; undefined if it did not fit. */
  #last: FieldSpan | undefined;
  /** Whether something did not fit. */
  isCut = false;
  /** Whether there was a field, so that a continuation line has something to continue. */
  hasField = false;
  /** Whether no line was added yet. */
  isEmpty = true;

  /** @param room how many bytes may be kept, each field counted as {@linkcode FIELD_COST} more */
  constructor(room: number) {
    this.#room = room;
  }

  /** How many bytes of the limit are used. */
  get cost(): number {
    return this.#length + this.#spans.length * FIELD_COST;
  }

  /**
   * Adds a line.
   *
   * @param kind what it is
   * @param line its bytes, or the first of them
   * @param start where it starts
   * @param end where it ends
   */
  add(kind: HeaderLine, line: Uint8Array, start: number, end: number): void {
    this.isEmpty = false;
    if (kind === "field") {
      this.hasField = true;
      this.#last = undefined;
      if (this.isCut) return;
      const keptStart = this.#length;
      this.#room -= FIELD_COST;
      const kept = this.#keep(line);
      if (kept > 0) this.#spans.push(this.#last = { start, end, keptStart, keptEnd: keptStart + kept });
    } else if (kind === "continuation" && this.#last) {
      this.#last.end = end;
      if (!this.isCut) this.#last.keptEnd += this.#keep(line);
    }
  }

  /** Sets the end of the last added line, of which only the first bytes were known. */
  extend(end: number): void {
    if (this.#last) this.#last.end = end;
  }

  /** The fields so far. */
  headers(): PartHeaders {
    const kept = this.#kept.slice(0, this.#length);
    return new PartHeaders(
      this.#spans.map(({ start, end, keptStart, keptEnd }) => fieldOf(kept, keptStart, keptEnd, start, end)),
    );
  }

  #keep(line: Uint8Array): number {
    const count = Math.max(0, Math.min(line.length, this.#room));
    if (count < line.length) this.isCut = true;
    if (this.#length + count > this.#kept.length) {
      const larger = new Uint8Array(Math.max(512, 2 * this.#kept.length, this.#length + count));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(line.subarray(0, count), this.#length);
    this.#length += count;
    this.#room -= count;
    return count;
  }
}

function fieldOf(kept: Uint8Array, from: number, to: number, start: number, end: number): PartField {
  const field = kept.subarray(from, to);
  const nameEnd = nameEndOf(field);
  let valueStart = field.indexOf(COLON) + 1;
  // The field was cut within its name.
  if (valueStart === 0) valueStart = field.length;
  if (field[valueStart] === SPACE) valueStart++;
  let valueEnd = field.length;
  if (valueEnd > valueStart && field[valueEnd - 1] === LF) valueEnd--;
  if (valueEnd > valueStart && field[valueEnd - 1] === CR) valueEnd--;
  const names = { nameBytes: field.subarray(0, nameEnd || valueStart) };
  return new PartField({ ...names, valueBytes: field.subarray(valueStart, valueEnd) }, start, end);
}
