/**
 * A terminal's last line, which tells how far something is.
 *
 * @module
 */

import process from "node:process";

const CLEAR = "\r\x1b[K";

/** A line on standard error that is written anew again and again; nothing where that is no terminal. */
export class StatusLine {
  /** Whether there is a terminal. */
  readonly shown: boolean = Boolean(process.stderr.isTTY);
  #written = false;

  /** Writes the line anew. */
  write(text: string): void {
    if (!this.shown) return;
    this.#written = true;
    process.stderr.write(`${CLEAR}${text}`);
  }

  /** Takes the line away, for what is printed next. */
  clear(): void {
    if (!this.#written) return;
    this.#written = false;
    process.stderr.write(CLEAR);
  }
}
