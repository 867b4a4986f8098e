/**
 * Hides the shifted characters of ISO-2022-JP (RFC 1468), whose bytes look like ASCII tags and letters.
 *
 * @module
 */

const ESCAPE = 0x1b;
const OPEN = 0x28;
const B = 0x42;
const J = 0x4a;
/** The byte that replaces hidden bytes. */
const HIDDEN = 0x80;

/** The escape sequence that ends multi-byte characters: what follows is ASCII. */
export const TO_ASCII: Uint8Array = Uint8Array.of(ESCAPE, OPEN, B);

/** Hides everything that is not ASCII. */
export class AsciiMask {
  /** How many bytes of an escape sequence have arrived, up to two, and the last of them. */
  #escaped = 0;
  #last = 0;
  #isAscii = true;

  /** Whether what comes next is ASCII. */
  get isAscii(): boolean {
    return this.#isAscii;
  }

  /** Returns the bytes with non-ASCII bytes hidden; the length stays the same. */
  push(bytes: Uint8Array): Uint8Array {
    const masked = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      masked[i] = HIDDEN;
      if (byte === ESCAPE) this.#escaped = 1;
      else if (this.#escaped === 1) this.#escaped = 2;
      else if (this.#escaped === 2) {
        this.#isAscii = this.#last === OPEN && (byte === B || byte === J);
        this.#escaped = 0;
      } else if (this.#isAscii) masked[i] = byte;
      this.#last = byte;
    }
    return masked;
  }
}
