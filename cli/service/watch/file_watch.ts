/**
 * Watches files, and the files that they import, for changes.
 *
 * This polls rather than subscribes, so that it also works with editors that write a new file and rename it, links that
 * move to another folder, files that are missing for a moment, and file systems that send no events.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { type Clock, systemClock } from "../../../lib/time/clock.ts";
import { reachableFiles } from "../../user_filter/imports.ts";

/** The interval between polls, in milliseconds. */
const INTERVAL = 200;
/** How long a file may be missing before that counts as a change, in milliseconds. */
const GONE_LIMIT = 2000;

/** The last known state of a file. */
interface Seen {
  /** Its inode, size and times, which show whether it may have changed. */
  looks: string;
  /** A hash of its content; undefined if it is missing. */
  readonly content: string | undefined;
}

/** Watches files, and the relative imports of those that are programs. */
export class FileWatch {
  #roots: readonly string[];
  #files: Map<string, Seen>;
  #since: number | undefined;
  readonly #clock: Clock;
  /** Cancels the next poll. */
  #stop: (() => void) | undefined;

  /**
   * @param roots the files to watch
   * @param clock the clock that times polls
   */
  constructor(roots: readonly string[], clock: Clock = systemClock) {
    this.#clock = clock;
    this.#roots = roots;
    this.#files = this.#read();
  }

  /** Watches other files instead; keeps the known state of those that it already watches. */
  watchInstead(roots: readonly string[]): void {
    this.#roots = roots;
    const before = this.#files;
    this.#files = new Map([...this.#read()].map(([file, seen]) => [file, before.get(file) ?? seen]));
  }

  /** Every watched file, including imported ones. */
  get files(): string[] {
    return [...this.#files.keys()];
  }

  /**
   * Starts to poll.
   *
   * @param changed called with the files whose content changed, once nothing changes any more
   */
  start(changed: (files: readonly string[]) => void): void {
    const look = () => {
      this.#stop = this.#clock.after(INTERVAL, look);
      const files = this.#look();
      if (files.length > 0) changed(files);
    };
    this.#stop ??= this.#clock.after(INTERVAL, look);
  }

  /** Stops polling. */
  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #look(): string[] {
    let moved = false;
    for (const [file, seen] of this.#files) {
      const looks = looksOf(file);
      if (looks === seen.looks) continue;
      seen.looks = looks;
      moved = true;
    }
    if (moved) {
      // Somebody may still be writing.
      this.#since ??= this.#clock.now();
      return [];
    }
    if (this.#since === undefined) return [];
    const before = this.#files;
    const now = this.#read();
    const gone = [...before].some(([file, { content }]) =>
      content !== undefined && now.has(file) && now.get(file)!.content === undefined
    );
    if (gone && this.#clock.now() - this.#since < GONE_LIMIT) return [];
    this.#since = undefined;
    this.#files = now;
    return [...before].filter(([file, { content }]) => now.has(file) && now.get(file)!.content !== content)
      .map(([file]) => file);
  }

  #read(): Map<string, Seen> {
    const files = new Map<string, Seen>();
    // Stat each file before reading it once, for its imports too: the next poll then notices a write in between.
    const read = (file: string): string => {
      const looks = looksOf(file);
      const bytes = bytesOf(file);
      files.set(file, { looks, content: bytes && createHash("sha256").update(bytes).digest("base64") });
      return bytes?.toString() ?? "";
    };
    for (const root of this.#roots) {
      const reachable = /\.[mc]?[jt]sx?$/.test(root) ? reachableFiles(root, read) : [root];
      for (const file of reachable) if (!files.has(file)) read(file);
    }
    return files;
  }
}

function looksOf(file: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return "gone";
  }
}

function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
