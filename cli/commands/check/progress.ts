/**
 * Shows on a terminal how many messages were checked.
 *
 * @module
 */

import { plural } from "../../terminal/plural.ts";
import { StatusLine } from "../../terminal/status_line.ts";

/** Shortest time between two updates of the line, in milliseconds. */
const INTERVAL = 100;

/** Counts messages, and shows how many are done. */
export class Progress {
  readonly #total: number;
  readonly #line = new StatusLine();
  #done = 0;
  #last = 0;

  /** @param total how many files there are */
  constructor(total: number) {
    this.#total = total;
  }

  /** Counts a message that is done. */
  step(): void {
    this.#done++;
    const now = performance.now();
    if (now - this.#last < INTERVAL) return;
    this.#last = now;
    // The total counts files, and an mbox has many messages.
    const isShare = this.#done <= this.#total;
    const messages = isShare
      ? `${this.#done} of ${plural(this.#total, "message")}`
      : plural(this.#done, "message");
    this.#line.write(`${messages} checked`);
  }

  /** Removes the line, before something else is printed. */
  clear(): void {
    this.#line.clear();
  }
}
