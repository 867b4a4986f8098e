/**
 * Reads replies in the protocol of Valkey and Redis (RESP, version 2) from a stream of bytes, with bounds: a server may
 * send anything.
 *
 * @module
 */

import { ErrorReply, RespFormatError, type RespReply } from "./reply.ts";

/** The default for the longest reply, in bytes. */
const MAX_REPLY = 8 * 1024 * 1024;
/** The longest line, in bytes: a simple string, an error, or a length. */
const MAX_LINE = 16_384;
/** How deep lists may be nested. */
const MAX_DEPTH = 8;
/** The minimum length of a reply: a type and a line end. */
const LEAST_REPLY = 3;
/** The minimum size of a buffer for incomplete replies. */
const LEAST_BUFFER = 4096;

const CR = 13;
const LF = 10;

interface OpenList {
  readonly items: RespReply[];
  /** How many items are missing. */
  missing: number;
}

/**
 * Splits a stream, arriving in any pieces, into replies.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { RespReader } from "./reader.ts";
 *
 * const reader = new RespReader();
 * const bytes = new TextEncoder().encode("+OK\r\n*2\r\n:1\r\n$3\r\nabc\r\n");
 * reader.push(bytes.subarray(0, 9));
 * assert.equal(reader.next(), "OK");
 * assert.equal(reader.next(), undefined);
 * reader.push(bytes.subarray(9));
 * assert.deepEqual(reader.next(), [1, "abc"]);
 * ```
 */
export class RespReader {
  readonly #max: number;
  readonly #maxLine: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whether the bytes are a buffer of our own, with room after `#end`. */
  #isOwn = false;
  #start = 0;
  #end = 0;
  /** The position up to which no line end was found. */
  #searched = 0;
  /** The length of the bulk string that comes next; undefined if a line comes next. */
  #bulk: number | undefined;
  /** The lists that are not complete yet, the innermost last. */
  readonly #lists: OpenList[] = [];
  /** The bytes of the reply up to here. */
  #used = 0;

  /** @param max the longest reply, in bytes, 1 or more */
  constructor(max: number = MAX_REPLY) {
    this.#max = max;
    this.#maxLine = Math.min(max, MAX_LINE);
  }

  /** The number of bytes that are kept but not read yet. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Appends bytes, which must not be written to again. */
  push(bytes: Uint8Array): void {
    if (this.buffered === 0) {
      this.#bytes = bytes;
      this.#isOwn = false;
      this.#start = this.#searched = 0;
      this.#end = bytes.length;
      return;
    }
    const needed = this.buffered + bytes.length;
    if (!this.#isOwn || this.#end + bytes.length > this.#bytes.length) this.#move(needed);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Moves the kept bytes to the beginning of a buffer twice as large, so that moving is rare. */
  #move(needed: number): void {
    const moved = new Uint8Array(Math.max(LEAST_BUFFER, 2 * needed));
    moved.set(this.#bytes.subarray(this.#start, this.#end));
    this.#searched -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
    this.#bytes = moved;
    this.#isOwn = true;
  }

  /**
   * The next reply; undefined if it is not complete yet.
   *
   * @throws {RespFormatError} for an invalid or too long reply; nothing can be read after it
   */
  next(): RespReply | undefined {
    while (true) {
      const value = this.#bulk === undefined ? this.#line() : this.#bulkString(this.#bulk);
      if (value === undefined) {
        if (this.buffered === 0) this.#bytes = new Uint8Array(0);
        return undefined;
      }
      if (value === OPENED) continue;
      const whole = this.#placed(value);
      if (whole === undefined) continue;
      this.#used = 0;
      return whole;
    }
  }

  /** Adds a value to its list; returns the outermost value once it is complete. */
  #placed(value: RespReply): RespReply | undefined {
    for (let list = this.#lists.at(-1); list; list = this.#lists.at(-1)) {
      list.items.push(value);
      if (--list.missing > 0) return undefined;
      this.#lists.pop();
      value = list.items;
    }
    return value;
  }

  /** The value on a line, or the marker of a value that it begins; undefined if the line is not complete. */
  #line(): RespReply | typeof OPENED | undefined {
    if (this.buffered === 0) return undefined;
    const bytes = this.#bytes;
    const type = bytes[this.#start]!;
    // Checked immediately, since garbage may have no line end.
    if (!TYPES.has(type)) throw this.#wrong(`a reply cannot begin with byte ${type}`);
    let at = Math.max(this.#searched, this.#start + 1);
    while (at < this.#end && bytes[at] !== CR) at++;
    this.#searched = at;
    if (at - this.#start > this.#maxLine) throw this.#tooLong(`a line of more than ${this.#maxLine} bytes`);
    if (at + 1 >= this.#end) return undefined;
    if (bytes[at + 1] !== LF) throw this.#wrong("a line does not end with CR LF");
    const begin = this.#start + 1;
    const read = this.#read(type, begin, at);
    this.#take(at + 2);
    return read;
  }

  #read(type: number, begin: number, end: number): RespReply | typeof OPENED {
    switch (type) {
      case SIMPLE:
        return this.#text(begin, end);
      case ERROR:
        return new ErrorReply(this.#text(begin, end));
      case INTEGER:
        return this.#integer(begin, end);
      case BULK: {
        const length = this.#integer(begin, end);
        if (length === -1) return null;
        this.#checkLength(length, length);
        this.#bulk = length;
        return OPENED;
      }
      default: {
        const count = this.#integer(begin, end);
        if (count === -1) return null;
        if (count === 0) return [];
        this.#checkLength(count, count * LEAST_REPLY);
        if (this.#lists.length >= MAX_DEPTH) throw this.#wrong(`lists are nested deeper than ${MAX_DEPTH}`);
        this.#lists.push({ items: [], missing: count });
        return OPENED;
      }
    }
  }

  /** Checks an announced length against the limits. */
  #checkLength(length: number, bytes: number): void {
    if (length < 0) throw this.#wrong(`${length} is not a length`);
    if (this.#used + bytes > this.#max) throw this.#tooLong(`a reply of more than ${this.#max} bytes`);
  }

  #bulkString(length: number): string | undefined {
    const end = this.#start + length;
    if (this.#end < end + 2) return undefined;
    if (this.#bytes[end] !== CR || this.#bytes[end + 1] !== LF) {
      throw this.#wrong("a bulk string does not end with CR LF");
    }
    const text = this.#text(this.#start, end);
    this.#bulk = undefined;
    this.#take(end + 2);
    return text;
  }

  #take(end: number): void {
    this.#used += end - this.#start;
    if (this.#used > this.#max) throw this.#tooLong(`a reply of more than ${this.#max} bytes`);
    this.#start = this.#searched = end;
  }

  #text(begin: number, end: number): string {
    return this.#decoder.decode(this.#bytes.subarray(begin, end));
  }

  #integer(begin: number, end: number): number {
    const sign = this.#bytes[begin] === MINUS ? -1 : 1;
    let value = 0;
    const first = sign < 0 || this.#bytes[begin] === PLUS ? begin + 1 : begin;
    for (let i = first; i < end; i++) {
      const digit = this.#bytes[i]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) throw this.#wrong("a number is invalid");
      value = value * 10 + digit;
    }
    if (first === end || !Number.isSafeInteger(value)) throw this.#wrong("a number is invalid");
    // Not -0.
    return value === 0 ? 0 : sign * value;
  }

  #wrong(reason: string): RespFormatError {
    return new RespFormatError("invalid-reply", this.#shown(), `Cannot read the reply: ${reason}`);
  }

  #tooLong(what: string): RespFormatError {
    return new RespFormatError("reply-too-long", this.#shown(), `Cannot read the reply: ${what}`);
  }

  #shown(): string {
    return String.fromCharCode(...this.#bytes.subarray(this.#start, Math.min(this.#end, this.#start + 40)));
  }
}

/** Stands for a bulk string or list that has begun. */
const OPENED = Symbol("opened");

const [SIMPLE, ERROR, INTEGER, BULK, LIST, PLUS, MINUS, ZERO] = [43, 45, 58, 36, 42, 43, 45, 48];
const TYPES = new Set<number | undefined>([SIMPLE, ERROR, INTEGER, BULK, LIST]);
