/**
 * Finds inline PGP: text that is signed or encrypted without a MIME structure that says so.
 *
 * @module
 */

import { latin1Text } from "../../protocol/text.ts";
import { Base64Decoder } from "../transfer/base64_decoder.ts";
import { concatenated } from "../../protocol/bytes.ts";
import { NO_BYTES } from "../transfer/decoder.ts";
import type { TransferEncoding } from "./part_info.ts";

/** The lines of RFC 9580, 6.2.1. */
const LINES = [
  { line: "-----BEGIN PGP MESSAGE-----", kind: "encrypted" },
  { line: "-----BEGIN PGP SIGNED MESSAGE-----", kind: "signed" },
] as const;

const DASH = 0x2d;

/** How much of encoded text is examined, in bytes. */
const LOOKED_AT = 120;

/** Finds inline PGP in one text part: in any line or, if the text is in base64, at its beginning. */
export class PgpFinder {
  /** The beginning of text in base64; undefined otherwise, or once it was examined. */
  #beginning: Uint8Array | undefined;
  #found: "signed" | "encrypted" | undefined;

  /** @param encoding how the text is encoded */
  constructor(encoding: TransferEncoding) {
    this.#beginning = encoding === "base64" ? NO_BYTES : undefined;
  }

  /** What was found. */
  get found(): "signed" | "encrypted" | undefined {
    if (this.#beginning) this.#look(new Base64Decoder().push(this.#beginning));
    return this.#found;
  }

  /** Takes the next bytes; `isDashLine` if they are a whole line that begins with a dash. */
  push(bytes: Uint8Array, isDashLine: boolean): void {
    const beginning = this.#beginning;
    if (beginning === undefined) {
      if (isDashLine && bytes[4] === DASH && bytes.length < LOOKED_AT) this.#look(bytes);
    } else if (beginning.length < LOOKED_AT) {
      this.#beginning = concatenated([beginning, bytes.subarray(0, LOOKED_AT - beginning.length)]).slice();
    }
  }

  #look(bytes: Uint8Array): void {
    const text = latin1Text(bytes.subarray(0, LOOKED_AT)).trimStart();
    this.#found ??= LINES.find(({ line }) => text.startsWith(line))?.kind;
  }
}
