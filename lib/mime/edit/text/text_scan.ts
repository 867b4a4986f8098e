/**
 * Reads a text once, to learn where something can be added and how.
 *
 * @module
 */

import type { Pieces } from "../splice.ts";
import { AsciiMask } from "./ascii_mask.ts";
import { type HtmlPlaces, HtmlScanner } from "./html_scanner.ts";

/** The byte order mark of UTF-8, one character for each byte. */
const BOM = "\xef\xbb\xbf";

/** What is known about a text after it was read. Positions count its decoded bytes. */
export interface TextScan {
  /** How many bytes it has. */
  readonly size: number;
  /** Where something can be added; for plain text too. */
  readonly places: HtmlPlaces;
  /** Whether all bytes are ASCII. */
  readonly isAscii: boolean;
  /** Whether it is valid UTF-8. */
  readonly isUtf8: boolean;
  /** Whether it is empty, or its last line has a line end. */
  readonly endsLine: boolean;
  /** Whether it is empty, or its last line is empty. */
  readonly endsBlank: boolean;
  /** Whether it ends in a shifted state of ISO-2022-JP. */
  readonly endsShifted: boolean;
}

/** What kind of text is scanned. */
export interface TextKind {
  /** Whether it is HTML. */
  readonly isHtml: boolean;
  /** Whether its charset is ISO-2022-JP. */
  readonly isShifted: boolean;
}

/**
 * Scans a text.
 *
 * @param pieces its decoded bytes, in a charset that includes ASCII
 * @param kind what it is
 */
export async function scanText(pieces: Pieces, { isHtml, isShifted }: TextKind): Promise<TextScan> {
  const mask = isShifted ? new AsciiMask() : undefined;
  const html = new HtmlScanner();
  const utf8 = new Utf8Check();
  let size = 0;
  let isAscii = true;
  let head = "";
  let tail = "";
  for await (const piece of pieces) {
    size += piece.length;
    isAscii &&= isAsciiBytes(piece);
    if (!isAscii) utf8.push(piece);
    const visible = mask?.push(piece) ?? piece;
    if (isHtml) html.push(visible);
    if (head.length < BOM.length) head += String.fromCharCode(...piece.subarray(0, BOM.length - head.length));
    tail = (tail + String.fromCharCode(...piece.subarray(-4))).slice(-4);
  }
  const start = head === BOM ? BOM.length : 0;
  const { top, end } = isHtml ? html.places : { top: start, end: size };
  const isEmpty = size === start;
  return {
    size,
    places: { top: Math.max(top, start), end: Math.max(end, start) },
    isAscii,
    isUtf8: utf8.end(),
    endsLine: isEmpty || tail.endsWith("\n"),
    endsBlank: isEmpty || /\n\r?\n$/.test(tail) ||
      (size - start <= 2 && /^\r?\n$/.test(tail.slice(-(size - start)))),
    endsShifted: mask !== undefined && !mask.isAscii,
  };
}

function isAsciiBytes(bytes: Uint8Array): boolean {
  // Not `every`: a call for each byte takes ten times as long.
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80) return false;
  return true;
}

/** Checks whether text that comes in pieces is UTF-8. */
class Utf8Check {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #isValid = true;

  push(bytes: Uint8Array): void {
    this.#decode(() => this.#decoder.decode(bytes, { stream: true }));
  }

  /** Whether it was UTF-8. */
  end(): boolean {
    this.#decode(() => this.#decoder.decode());
    return this.#isValid;
  }

  #decode(decode: () => void): void {
    if (!this.#isValid) return;
    try {
      decode();
    } catch {
      this.#isValid = false;
    }
  }
}
