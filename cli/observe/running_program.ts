/**
 * Notices that the file of this program was replaced while it runs, as by an upgrade of its package.
 *
 * @module
 */

import { existsSync, type Stats, statSync } from "node:fs";
import process from "node:process";

/** Linux: the program that this process runs, even if its file is gone. */
const ITSELF = "/proc/self/exe";

/** The file of a program, as it was when this process started. */
export class RunningProgram {
  readonly #path: string;
  readonly #started: Stats | undefined;

  /** @param path the file */
  constructor(path: string) {
    this.#path = path;
    this.#started = statOf(path);
  }

  /** Whether the file is another one now, or gone. */
  get isReplaced(): boolean {
    if (this.#started === undefined) return false;
    const now = statOf(this.#path);
    return now === undefined || now.dev !== this.#started.dev || now.ino !== this.#started.ino;
  }

  /** What to tell the administrator; undefined if there is nothing to tell. */
  get notice(): string | undefined {
    if (!this.isReplaced) return undefined;
    const what = existsSync(this.#path) ? "was replaced" : "was removed";
    return `${this.#path} ${what} after this process started; the process still runs the old version; ` +
      "to run the installed version: systemctl restart milterkit";
  }

  /**
   * The path by which to start another process of this program: a process that speaks the protocol of this one, not that of
   * a newer program.
   */
  get ownPath(): string {
    return this.isReplaced && existsSync(ITSELF) ? ITSELF : this.#path;
  }
}

/** Whether this program is an executable of its own. As a script, it is read once, and the runtime is another program. */
export const isCompiled: boolean = process.argv[1]?.startsWith("/$bunfs/") ?? false;

/** This program; undefined if it is a script. */
export const runningProgram: RunningProgram | undefined = isCompiled
  ? new RunningProgram(process.execPath)
  : undefined;

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
