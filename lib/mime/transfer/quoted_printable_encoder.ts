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
const DOT = 0x2e;
const EQUALS = 0x3d;
const DIGITS = new TextEncoder().encode("0123456789ABCDEF");
/** The most characters of a line before the `=` of a soft line break. */
const LINE = 75;

/**
 * Encodes text in quoted-printable. CRLF and LF are line ends and stay what they are; a CR alone is encoded, and white
 * space at the end of a line. A dot that begins a line is encoded too, which some servers would take away.
 */
export class QuotedPrintableEncoder implements TransferEncoder {
  readonly #softBreak: Uint8Array;
  #column = 0;
  /** White space that may end a line; 0: none. */
  #blank = 0;
  /** Whether a CR came last. */
  #cr = false;
  #out = new Uint8Array(0);
  #to = 0;

  /** @param lineEnd the line end after soft breaks, CRLF or LF */
  constructor(lineEnd: string = "\r\n") {
    this.#softBreak = new TextEncoder().encode(`=${lineEnd}`);
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#begin(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#byte(bytes[i]!);
    return this.#out.subarray(0, this.#to);
  }

  end(): Uint8Array {
    this.#begin(0);
    if (this.#blank !== 0) this.#escape(this.#blank);
    if (this.#cr) this.#escape(CR);
    this.#blank = 0;
    this.#cr = false;
    return this.#out.subarray(0, this.#to);
  }

  #begin(bytes: number): void {
    // Three characters for each byte, also for two that are held, and a soft break after every 25 of them.
    this.#out = new Uint8Array(4 * (bytes + 2) + 8);
    this.#to = 0;
  }

  #byte(byte: number): void {
    if (byte === LF) return this.#endLine();
    this.#flushCr();
    if (byte === CR) {
      this.#cr = true;
      return;
    }
    this.#flushBlank();
    if (byte === SPACE || byte === TAB) this.#blank = byte;
    else if (byte < SPACE || byte > 0x7e || byte === EQUALS || (byte === DOT && this.#column === 0)) {
      this.#escape(byte);
    } else this.#literal(byte);
  }

  #endLine(): void {
    if (this.#blank !== 0) this.#escape(this.#blank);
    this.#blank = 0;
    if (this.#cr) this.#out[this.#to++] = CR;
    this.#cr = false;
    this.#out[this.#to++] = LF;
    this.#column = 0;
  }

  /** A CR that no LF follows is not a line end. */
  #flushCr(): void {
    if (!this.#cr) return;
    this.#flushBlank();
    this.#cr = false;
    this.#escape(CR);
  }

  #flushBlank(): void {
    if (this.#blank === 0) return;
    const blank = this.#blank;
    this.#blank = 0;
    this.#literal(blank);
  }

  #literal(byte: number): void {
    this.#make(1);
    this.#out[this.#to++] = byte;
  }

  #escape(byte: number): void {
    this.#make(3);
    this.#out[this.#to++] = EQUALS;
    this.#out[this.#to++] = DIGITS[byte >> 4]!;
    this.#out[this.#to++] = DIGITS[byte & 15]!;
  }

  /** Breaks the line if so many characters do not fit. */
  #make(characters: number): void {
    if (this.#column + characters > LINE) {
      this.#out.set(this.#softBreak, this.#to);
      this.#to += this.#softBreak.length;
      this.#column = 0;
    }
    this.#column += characters;
  }
}
