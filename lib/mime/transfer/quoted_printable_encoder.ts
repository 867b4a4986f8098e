/**
 * Encodes quoted-printable (RFC 2045, 6.7).
 *
 * @module
 */

import type { TransferEncoder } from "./encoder.ts";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EQUALS = 0x3d;
const encoder = new TextEncoder();
const DIGITS = encoder.encode("0123456789ABCDEF");
const FROM = encoder.encode("From ");
/** The maximum number of characters of a line (RFC 2045, 6.7). */
const LONGEST_LINE = 76;

/**
 * Encodes text in quoted-printable, in lines of at most 76 characters. Line ends stay unchanged. Other control
 * characters, white space at the end of a line, and the F of `From ` at the start of a line, which mailboxes would
 * change, are encoded.
 */
export class QuotedPrintableEncoder implements TransferEncoder {
  readonly #isCrlf: boolean;
  readonly #softBreak: Uint8Array;
  #column = 0;
  /** White space that may end a line; 0: none. */
  #blank = 0;
  /** Whether the last byte was a CR. */
  #cr = false;
  /** How much of `From ` the line has begun with; -1: it began with something else. */
  #from = 0;
  /** The last byte, if it is not written yet; -1: none. Whether it still fits on its line depends on what follows. */
  #last = -1;
  #isLastEscaped = false;
  #out = new Uint8Array(0);
  #to = 0;

  /** @param lineEnd the line end of the text, and after soft line breaks: CRLF or LF */
  constructor(lineEnd: string = "\r\n") {
    this.#isCrlf = lineEnd === "\r\n";
    this.#softBreak = encoder.encode(`=${lineEnd}`);
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#begin(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#byte(bytes[i]!);
    return this.#out.subarray(0, this.#to);
  }

  end(): Uint8Array {
    this.#begin(0);
    this.#flushFrom();
    if (this.#blank !== 0) this.#escape(this.#blank);
    if (this.#cr) this.#escape(CR);
    this.#writeLast(LONGEST_LINE);
    this.#blank = 0;
    this.#cr = false;
    return this.#out.subarray(0, this.#to);
  }

  #begin(bytes: number): void {
    // Three characters for each byte, including held ones, and a soft line break after every 25 bytes.
    this.#out = new Uint8Array(4 * (bytes + 8));
    this.#to = 0;
  }

  #byte(byte: number): void {
    if (byte === LF && (this.#cr || !this.#isCrlf)) return this.#endLine();
    if (this.#cr) this.#flushCr();
    if (this.#from >= 0) {
      if (byte === FROM[this.#from]) return this.#matchFrom();
      this.#flushFrom();
    }
    if (byte === CR && this.#isCrlf) {
      this.#cr = true;
      return;
    }
    if (this.#blank !== 0) this.#flushBlank();
    if (byte === SPACE || byte === TAB) this.#blank = byte;
    else if (byte < SPACE || byte > 0x7e || byte === EQUALS) this.#escape(byte);
    else this.#literal(byte);
  }

  #endLine(): void {
    this.#flushFrom();
    if (this.#blank !== 0) this.#escape(this.#blank);
    this.#writeLast(LONGEST_LINE);
    if (this.#cr) this.#out[this.#to++] = CR;
    this.#out[this.#to++] = LF;
    this.#blank = 0;
    this.#cr = false;
    this.#column = 0;
    this.#from = 0;
  }

  /** A CR without LF is not a line end. */
  #flushCr(): void {
    this.#flushBlank();
    this.#cr = false;
    this.#escape(CR);
  }

  #flushBlank(): void {
    const blank = this.#blank;
    this.#blank = 0;
    if (blank !== 0) this.#literal(blank);
  }

  #matchFrom(): void {
    if (++this.#from < FROM.length) return;
    this.#from = -1;
    this.#escape(FROM[0]!);
    for (const byte of FROM.subarray(1, -1)) this.#literal(byte);
    this.#blank = SPACE;
  }

  #flushFrom(): void {
    const matched = this.#from;
    this.#from = -1;
    for (let i = 0; i < matched; i++) this.#literal(FROM[i]!);
  }

  #literal(byte: number): void {
    this.#writeLast(LONGEST_LINE - 1);
    this.#last = byte;
    this.#isLastEscaped = false;
  }

  #escape(byte: number): void {
    this.#writeLast(LONGEST_LINE - 1);
    this.#last = byte;
    this.#isLastEscaped = true;
  }

  /**
   * Writes the last character, on a new line if it does not fit.
   *
   * @param room how long the line may become: one less if more follows, for the `=` of a soft line break
   */
  #writeLast(room: number): void {
    const byte = this.#last;
    if (byte < 0) return;
    this.#last = -1;
    const size = this.#isLastEscaped ? 3 : 1;
    if (this.#column + size > room) {
      this.#out.set(this.#softBreak, this.#to);
      this.#to += this.#softBreak.length;
      this.#column = 0;
    }
    this.#column += size;
    if (!this.#isLastEscaped) {
      this.#out[this.#to++] = byte;
      return;
    }
    this.#out[this.#to++] = EQUALS;
    this.#out[this.#to++] = DIGITS[byte >> 4]!;
    this.#out[this.#to++] = DIGITS[byte & 15]!;
  }
}
