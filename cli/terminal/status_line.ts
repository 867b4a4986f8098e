/**
 * A line of progress at the bottom of a terminal.
 *
 * @module
 */

import process from "node:process";

const CLEAR = "\r\x1b[K";

/** A line on standard error that can be replaced. If standard error is not a terminal, nothing is written. */
export class StatusLine {
  /** Whether standard error is a terminal. */
  readonly shown: boolean = Boolean(process.stderr.isTTY);
  #written = false;

  /** Replaces the line. */
  write(text: string): void {
    if (!this.shown) return;
    this.#written = true;
    process.stderr.write(`${CLEAR}${text}`);
  }

  /** Removes the line, before something else is printed. */
  clear(): void {
    if (!this.#written) return;
    this.#written = false;
    process.stderr.write(CLEAR);
  }
}
