/**
 * Files that are looked at again and again, and what they import with them.
 *
 * They are looked at, not subscribed to: an editor that writes a new file and renames it, a link that is turned to
 * another folder, a file that is gone for a moment, a file system that tells nothing are then all the same.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { type Clock, systemClock } from "../../../lib/time/clock.ts";
import { reachableFiles } from "../../user_filter/imports.ts";

/** How often they are looked at, in milliseconds. */
const INTERVAL = 200;
/** How long one that is gone may be, in milliseconds, before that counts as a change. */
const GONE_LIMIT = 2000;

/** What is known of a file. */
interface Seen {
  /** How it looked last from outside. */
  looks: string;
  /** What it holds, as a hash; undefined where it is not there. */
  readonly content: string | undefined;
}

/** Files, and the relative imports of those that are programs. */
export class FileWatch {
  #roots: readonly string[];
  #files: Map<string, Seen>;
  #since: number | undefined;
  readonly #clock: Clock;
  /** Calls off the next look. */
  #stop: (() => void) | undefined;

  /**
   * @param roots the files
   * @param clock what tells the time
   */
  constructor(roots: readonly string[], clock: Clock = systemClock) {
    this.#clock = clock;
    this.#roots = roots;
    this.#files = this.#read();
  }

  /** Looks at other files from now on; of those that it looks at already, what it knows stays. */
  watchInstead(roots: readonly string[]): void {
    this.#roots = roots;
    const before = this.#files;
    this.#files = new Map([...this.#read()].map(([file, seen]) => [file, before.get(file) ?? seen]));
  }

  /** Every file that is looked at. */
  get files(): string[] {
    return [...this.#files.keys()];
  }

  /**
   * Begins to look.
   *
   * @param changed called with the files whose content is another one, once they have come to rest
   */
  start(changed: (files: readonly string[]) => void): void {
    const look = () => {
      this.#stop = this.#clock.after(INTERVAL, look);
      const files = this.#look();
      if (files.length > 0) changed(files);
    };
    this.#stop ??= this.#clock.after(INTERVAL, look);
  }

  /** Ends it. */
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
    // Each is looked at, then read once, for its imports too: what is written in between is seen the next time.
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
