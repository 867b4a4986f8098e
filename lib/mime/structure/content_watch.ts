/**
 * Watches the content of a part as it passes for inline PGP, and for delimiters that other programs may see.
 *
 * @module
 */

import { BareCrFinder } from "./bare_cr_finder.ts";
import type { TransferEncoding } from "./part_info.ts";
import { PgpFinder } from "./pgp_finder.ts";

/** Watches the content of one part. */
export class ContentWatch {
  readonly #bareCr: BareCrFinder;
  readonly #pgp: PgpFinder | undefined;

  /**
   * @param type the part's type
   * @param encoding how it is encoded
   * @param bareCr called with lines that begin with a dash after a CR without LF
   */
  constructor(type: string, encoding: TransferEncoding, bareCr: (line: Uint8Array) => void) {
    this.#bareCr = new BareCrFinder(bareCr);
    this.#pgp = type.startsWith("text/") ? new PgpFinder(encoding) : undefined;
  }

  /** Takes the next bytes; `isDashLine` if they are a whole line that begins with a dash. */
  push(bytes: Uint8Array, isDashLine: boolean): void {
    this.#pgp?.push(bytes, isDashLine);
    this.#bareCr.push(bytes);
  }

  /** Ends the content, and returns the kind of inline PGP that was found. */
  end(): "signed" | "encrypted" | undefined {
    this.#bareCr.end();
    return this.#pgp?.found;
  }
}
