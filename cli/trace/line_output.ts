/**
 * Lines on standard output that never hold up who writes them: mail does not wait for a terminal, nor for `less`.
 *
 * @module
 */

import type { Writable } from "node:stream";

/** Most characters that wait for who reads them. */
const MOST_WAITING = 8 * 1024 * 1024;

/** Lines to a stream. */
export class LineOutput {
  readonly #stream: Writable;
  readonly #leftOutLine: (lines: number) => string;
  readonly #lost: (error: Error) => void;
  #waiting = 0;
  #leftOut = 0;
  #closed = false;

  /**
   * @param stream where to
   * @param leftOutLine the line that tells how many are left out
   * @param lost told when nobody reads any more; what is written from then on is dropped
   */
  constructor(stream: Writable, leftOutLine: (lines: number) => string, lost: (error: Error) => void) {
    this.#stream = stream;
    this.#leftOutLine = leftOutLine;
    this.#lost = lost;
    stream.on("error", (error: Error) => this.#close(error));
  }

  /** Writes a line. Where too much waits already it is left out, and that is told later. */
  write(line: string): void {
    if (this.#closed) return;
    if (this.#waiting > MOST_WAITING) {
      this.#leftOut++;
      return;
    }
    if (this.#leftOut > 0) {
      this.#send(`${this.#leftOutLine(this.#leftOut)}\n`);
      this.#leftOut = 0;
    }
    this.#send(`${line}\n`);
  }

  /** What waits is counted here: Bun's `writableLength` of standard output stays 0. */
  #send(text: string): void {
    this.#waiting += text.length;
    this.#stream.write(text, () => this.#waiting -= text.length);
  }

  #close(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lost(error);
  }
}
