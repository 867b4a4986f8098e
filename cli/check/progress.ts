/**
 * How far many messages are, on a terminal's last line.
 *
 * @module
 */

import process from "node:process";

/** How often the line is written, in milliseconds. */
const INTERVAL = 100;

/** A line on standard error that is written anew; nothing where that is no terminal. */
export class Progress {
  readonly #total: number;
  readonly #shown: boolean;
  #done = 0;
  #last = 0;

  /** @param total how many files there are */
  constructor(total: number) {
    this.#total = total;
    this.#shown = Boolean(process.stderr.isTTY);
  }

  /** One more is done. */
  step(): void {
    this.#done++;
    const now = performance.now();
    if (!this.#shown || now - this.#last < INTERVAL) return;
    this.#last = now;
    // An mbox counts as one file and has many messages.
    const of = this.#done <= this.#total ? ` of ${this.#total}` : "";
    process.stderr.write(`\r\x1b[K${this.#done}${of} messages checked`);
  }

  /** Takes the line away, for what is printed next. */
  clear(): void {
    if (this.#shown) process.stderr.write("\r\x1b[K");
  }
}
