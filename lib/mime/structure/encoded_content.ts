/**
 * Decodes the content of a part while it is read, and reads the message that is inside.
 *
 * @module
 */

import { CHECKPOINT_DISTANCE, type DecodingStart } from "../transfer/checkpoints.ts";
import { NO_BYTES, type TransferDecoder } from "../transfer/decoder.ts";
import { decoderOf } from "../transfer/transfer.ts";
import type { OpenPart } from "./open_part.ts";

const LF = 0x0a;
const CR = 0x0d;
const CRLF = Uint8Array.of(CR, LF);

/** Reads the decoded content. */
export interface ContentReader {
  /** Takes the next bytes. */
  push(bytes: Uint8Array): void;
  /** Ends the input. */
  end(): void;
}

/** The encoded content of a part. */
export class EncodedContent {
  readonly #part: OpenPart;
  readonly #reader: ContentReader;
  readonly #decoder: TransferDecoder;
  readonly #checkpoints: DecodingStart[];
  /** The last line end, which may belong to a delimiter. */
  #lineEnd: Uint8Array = NO_BYTES;
  #encoded = 0;
  #decoded = 0;

  /**
   * @param part the part
   * @param reader reads its decoded content
   */
  constructor(part: OpenPart, reader: ContentReader) {
    this.#part = part;
    this.#reader = reader;
    this.#decoder = decoderOf(part.content.encoding);
    this.#checkpoints = [{ encoded: 0, decoded: 0, decoder: this.#decoder.clone() }];
  }

  /** Takes the next bytes of the content. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const held = this.#lineEnd;
    const last = bytes.at(-1);
    const beforeLast = bytes.length > 1 ? bytes.at(-2) : held.at(-1);
    const endLength = last === LF && beforeLast === CR ? 2 : last === LF || last === CR ? 1 : 0;
    if (endLength > bytes.length) {
      // The previous CR and this LF are one line end.
      this.#feed(held.subarray(0, -1));
      this.#lineEnd = CRLF;
      return;
    }
    this.#feed(held);
    this.#feed(bytes.subarray(0, bytes.length - endLength));
    this.#lineEnd = bytes.slice(bytes.length - endLength);
  }

  /**
   * Ends the content.
   *
   * @param atDelimiter whether a delimiter follows, so that the last line end is not content
   */
  end(atDelimiter: boolean): void {
    if (!atDelimiter) this.#feed(this.#lineEnd);
    this.#take(this.#decoder.end());
    this.#reader.end();
    this.#part.decoded = { size: this.#decoded, checkpoints: this.#checkpoints };
  }

  #feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const next = this.#checkpoints.at(-1)!.encoded + CHECKPOINT_DISTANCE;
      const piece = bytes.subarray(at, at + next - this.#encoded);
      this.#encoded += piece.length;
      at += piece.length;
      this.#take(this.#decoder.push(piece));
      if (this.#encoded < next) continue;
      const decoder = this.#decoder.clone();
      this.#checkpoints.push({ encoded: this.#encoded, decoded: this.#decoded, decoder });
    }
  }

  #take(bytes: Uint8Array): void {
    this.#decoded += bytes.length;
    if (bytes.length > 0) this.#reader.push(bytes);
  }
}
