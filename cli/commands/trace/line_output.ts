/**
 * Writes lines to a stream without ever waiting for its reader: mail must not wait for a terminal or for `less`.
 *
 * @module
 */

import type { Writable } from "node:stream";

/** Most characters that wait for the reader. Further lines are left out. */
const MOST_WAITING = 8 * 1024 * 1024;
/** Characters in one write: as much as a pipe holds, so that its callback shows whether somebody reads. */
const BATCH = 64 * 1024;
/** How long {@linkcode LineOutput.end} waits for a reader that reads nothing, in milliseconds. */
const LONGEST_PAUSE = 1000;
/** How long it waits in all, in milliseconds. */
const LONGEST_END = 5000;
/** How often it checks, in milliseconds. */
const CHECK_INTERVAL = 20;

/** Writes lines to a stream. */
export class LineOutput {
  readonly #stream: Writable;
  readonly #leftOutLine: (lines: number) => string;
  readonly #lost: (error: Error) => void;
  /** Lines that were not handed to the stream yet. */
  readonly #queue: string[] = [];
  /** How many lines the stream has that perhaps nobody has read. */
  #sent = 0;
  /** Characters in `#queue` and in what was sent. */
  #waiting = 0;
  #leftOut = 0;
  #closed = false;

  /**
   * @param stream the stream
   * @param leftOutLine makes the line that says how many lines were left out
   * @param lost called if the stream cannot be written any more; later lines are dropped
   */
  constructor(stream: Writable, leftOutLine: (lines: number) => string, lost: (error: Error) => void) {
    this.#stream = stream;
    this.#leftOutLine = leftOutLine;
    this.#lost = lost;
    stream.on("error", (error: Error) => this.#close(error));
  }

  /** Writes a line, or leaves it out if too much is waiting. The next line that fits comes after a note of how many. */
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
   * Says what was left out, and waits until everything is read: 5 seconds at most, or until nothing was read for a
   * second. Nothing may be written afterwards.
   *
   * @returns how many lines were not read, including those left out; 0 if the stream cannot be written any more
   */
  async end(): Promise<number> {
    // The note of what was left out waits as well, and must not be counted as a line of the trace.
    const leftOut = this.#leftOut === 0 ? 0 : this.#leftOut - 1;
    this.#tellLeftOut();
    const until = performance.now() + LONGEST_END;
    let read = performance.now();
    for (let last = this.#waiting; this.#waiting > 0 && !this.#closed; last = this.#waiting) {
      await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL));
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
   * Writes the next lines when the stream has finished the previous write. What waits is counted here because on Bun
   * `writableLength` of standard output stays 0, and callbacks of several writes come only when all are done.
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
        // On Bun, a full disk is reported only here.
        if (error) this.#close(error);
        else this.#send();
      });
    } catch (error) {
      // Deno writes standard output synchronously, and throws here.
      this.#close(error as Error);
    }
  }

  #close(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lost(error);
  }
}
