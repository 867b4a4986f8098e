/**
 * How far many messages are, on a terminal's last line.
 *
 * @module
 */

import { plural } from "../../terminal/plural.ts";
import { StatusLine } from "../../terminal/status_line.ts";

/** How often the line is written, in milliseconds. */
const INTERVAL = 100;

/** Counts messages, and tells how many are done. */
export class Progress {
  readonly #total: number;
  readonly #line = new StatusLine();
  #done = 0;
  #last = 0;

  /** @param total how many files there are */
  constructor(total: number) {
    this.#total = total;
  }

  /** One more is done. */
  step(): void {
    this.#done++;
    const now = performance.now();
    if (now - this.#last < INTERVAL) return;
    this.#last = now;
    // An mbox counts as one file and has many messages.
    const isShare = this.#done <= this.#total;
    const messages = isShare
      ? `${this.#done} of ${plural(this.#total, "message")}`
      : plural(this.#done, "message");
    this.#line.write(`${messages} checked`);
  }

  /** Takes the line away, for what is printed next. */
  clear(): void {
    this.#line.clear();
  }
}
