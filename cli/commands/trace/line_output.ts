/**
 * Lines on standard output that never hold up who writes them: mail does not wait for a terminal, nor for `less`.
 *
 * @module
 */

import type { Writable } from "node:stream";

/** Most characters that wait for who reads them. */
const MOST_WAITING = 8 * 1024 * 1024;
/** Characters that are handed to the stream at once: as much as a pipe holds, so that it shows whether somebody reads. */
const BATCH = 64 * 1024;
/** How long {@linkcode LineOutput.end} waits for a reader who takes nothing, and for any, in milliseconds. */
const LONGEST_PAUSE = 1000;
const LONGEST_END = 5000;
/** How often it looks, in milliseconds. */
const LOOK_INTERVAL = 20;

/** Lines to a stream. */
export class LineOutput {
  readonly #stream: Writable;
  readonly #leftOutLine: (lines: number) => string;
  readonly #lost: (error: Error) => void;
  /** Lines that the stream does not have yet. */
  readonly #queue: string[] = [];
  /** How many lines the stream has and the reader may not. */
  #sent = 0;
  /** Characters of both. */
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
    this.#tellLeftOut();
    this.#add(line);
  }

  /**
   * Tells what was left out, and waits until all is read: for a second in which nothing is, and for 5 seconds in all.
   * Nothing may be written from then on.
   *
   * @returns how many lines nobody has read by then, those left out among them; 0 where the reader is gone
   */
  async end(): Promise<number> {
    // The line that tells of those left out waits too, and is none of them.
    const leftOut = this.#leftOut === 0 ? 0 : this.#leftOut - 1;
    this.#tellLeftOut();
    const until = performance.now() + LONGEST_END;
    let read = performance.now();
    for (let last = this.#waiting; this.#waiting > 0 && !this.#closed; last = this.#waiting) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL));
      const now = performance.now();
      if (this.#waiting < last) read = now;
      if (now - read > LONGEST_PAUSE || now > until) break;
    }
    if (this.#closed || this.#waiting === 0) return 0;
    return leftOut + this.#sent + this.#queue.splice(0).length;
  }

  #tellLeftOut(): void {
    if (this.#leftOut === 0 || this.#closed) return;
    this.#add(this.#leftOutLine(this.#leftOut));
    this.#leftOut = 0;
  }

  #add(line: string): void {
    this.#queue.push(`${line}\n`);
    this.#waiting += line.length + 1;
    this.#send();
  }

  /**
   * Hands the next lines on once the stream has got rid of the last ones. What waits is counted here: Bun's
   * `writableLength` of standard output stays 0, and it tells of many writes only when all of them are done.
   */
  #send(): void {
    if (this.#sent > 0 || this.#queue.length === 0 || this.#closed) return;
    let size = 0;
    for (const { length } of this.#queue) {
      if (size >= BATCH) break;
      size += length;
      this.#sent++;
    }
    try {
      this.#stream.write(this.#queue.splice(0, this.#sent).join(""), (error) => {
        this.#waiting -= size;
        this.#sent = 0;
        // Bun tells of a full disk here alone.
        if (error) this.#close(error);
        else this.#send();
      });
    } catch (error) {
      // Deno writes standard output at once, and throws.
      this.#close(error as Error);
    }
  }

  #close(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lost(error);
  }
}
