/**
 * Files that are looked at again and again, and what they import with them.
 *
 * They are looked at, not subscribed to: an editor that writes a new file and renames it, a link that is turned to
 * another folder, a file that is gone for a moment, a file system that tells nothing are then all the same.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { reachableFiles } from "../user_filter/imports.ts";

/** How often they are looked at, in milliseconds. */
const INTERVAL = 200;
/** How long one that is gone may be, in milliseconds, before that counts as a change. */
const GONE_LIMIT = 2000;

/** Files, and the relative imports of those that are programs. */
export class FileWatch {
  readonly #roots: readonly string[];
  /** What each file holds, as a hash; undefined for one that is not there. */
  #content: Map<string, string | undefined>;
  /** How each file looked last from outside. */
  #looks: string;
  #since: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param roots the files */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
    this.#content = this.#read();
    this.#looks = looksOf(this.#content.keys());
  }

  /** Every file that is looked at. */
  get files(): string[] {
    return [...this.#content.keys()];
  }

  /**
   * Begins to look.
   *
   * @param changed called with the files whose content is another one, once they have come to rest
   */
  start(changed: (files: readonly string[]) => void): void {
    this.#timer ??= setInterval(() => {
      const files = this.#look();
      if (files.length > 0) changed(files);
    }, INTERVAL);
    this.#timer.unref();
  }

  /** Ends it. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): string[] {
    const looks = looksOf(this.#content.keys());
    if (looks !== this.#looks) {
      // Somebody may still be writing.
      this.#looks = looks;
      this.#since ??= performance.now();
      return [];
    }
    if (this.#since === undefined) return [];
    const before = this.#content;
    const now = this.#read();
    const gone = [...before].some(([file, content]) =>
      content !== undefined && now.has(file) && !now.get(file)
    );
    if (gone && performance.now() - this.#since < GONE_LIMIT) return [];
    this.#since = undefined;
    this.#content = now;
    this.#looks = looksOf(now.keys());
    return [...before.keys()].filter((file) => now.has(file) && now.get(file) !== before.get(file));
  }

  #read(): Map<string, string | undefined> {
    const files = this.#roots.flatMap((root) => /\.[mc]?[jt]sx?$/.test(root) ? reachableFiles(root) : [root]);
    return new Map(files.map((file) => [file, hashOf(file)]));
  }
}

function looksOf(files: Iterable<string>): string {
  return [...files].map((file) => {
    try {
      const { ino, size, mtimeMs, ctimeMs } = statSync(file);
      return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    } catch {
      return "gone";
    }
  }).join("\n");
}

function hashOf(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("base64");
  } catch {
    return undefined;
  }
}
