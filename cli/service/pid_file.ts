/**
 * The file with the id of this process, for supervisors that find a service by it.
 *
 * @module
 */

import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { systemErrorText } from "../../lib/system_errors.ts";
import { log } from "../log/log.ts";
import { isCompiled } from "../observe/running_program.ts";

/** Thrown if a pid file cannot be written, or another process has it. */
export class PidFileError extends Error {
  override readonly name = "PidFileError";
  /** Always `pid-file`. */
  readonly code = "pid-file";
  /** The path of the file. */
  readonly value: string;

  constructor(path: string, reason: string) {
    super(`Cannot use --pid-file ${path}: ${reason}`);
    this.value = path;
  }
}

/** A pid file with the id of this process. */
export class PidFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Writes the file. One that a process has left behind that is gone, or is another program by now, is replaced.
   *
   * @param path its absolute path
   * @throws {PidFileError} if that process still serves, the file is none of a process, or it cannot be written
   */
  static claim(path: string): PidFile {
    const file = new PidFile(path);
    if (file.#write()) return file;
    const found = file.#read();
    const pid = Number(found);
    if (!/^\d*$/.test(found)) {
      throw new PidFileError(
        path,
        "the file exists but contains no process id; remove it, or choose another path",
      );
    }
    if (found !== "" && pid !== process.pid && serves(pid)) {
      throw new PidFileError(path, `milterkit already runs as process ${pid}; stop that first`);
    }
    log("info", `replaced the stale pid file ${path}`, {
      type: "pid-file",
    });
    unlinkIfThere(path);
    if (!file.#write()) throw new PidFileError(path, "another process is writing it; try again");
    return file;
  }

  /** The same for a setting that may be missing. */
  static claimIfAny(path: string | undefined): PidFile | undefined {
    return path === undefined ? undefined : PidFile.claim(path);
  }

  /** Removes the file, unless another process has written it since. */
  remove(): void {
    try {
      if (this.#read() === String(process.pid)) unlinkIfThere(this.#path);
    } catch {
      // Its folder went, or became read-only: the next start sees that nobody runs.
    }
  }

  /** Returns false if there is a file. */
  #write(): boolean {
    try {
      writeFileSync(this.#path, `${process.pid}\n`, { flag: "wx", mode: 0o644 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw this.#problem(error);
    }
  }

  #read(): string {
    try {
      return readFileSync(this.#path, "utf8").trim();
    } catch (error) {
      throw this.#problem(error);
    }
  }

  #problem(error: unknown): PidFileError {
    return new PidFileError(this.#path, systemErrorText(error, { ENOENT: "there is no such folder" }));
  }
}

/** Whether a process serves: it is there and, as far as the system tells, `milterkit serve`. */
function serves(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, as another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  let words: string[];
  try {
    words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return true;
  }
  const [program = ""] = words;
  const before = words.slice(0, Math.max(0, words.indexOf("serve")));
  // The script may be there with a path from any folder, and its process may be another user's, whose folder is secret.
  const script = basename(process.argv[1] ?? "");
  return isCompiled
    ? before.length > 0 && basename(program) === basename(process.execPath)
    : before.some((word) => basename(word) === script);
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new PidFileError(path, `cannot remove it: ${systemErrorText(error)}`);
    }
  }
}
