/**
 * Writing a trace to a file, line by line, each of which is with the system before the next one is made: a trace that
 * is killed leaves a file that can be read.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { closeSync, lstatSync, openSync, unlinkSync, writeSync } from "node:fs";
import { systemErrorText } from "../../../lib/system_errors.ts";

/** A file that a trace cannot be written to. */
export class TraceFileError extends Error {
  override readonly name = "TraceFileError";
  /** `cannot-create`: it could not be begun. `cannot-write`: it could not be gone on with. */
  readonly code: "cannot-create" | "cannot-write";
  /** The path. */
  readonly value: string;

  /**
   * @param code what could not be done
   * @param value the path
   * @param message one line that says why
   */
  constructor(code: TraceFileError["code"], value: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.value = value;
  }
}

/** A file that is being written; nobody but its owner can read it, since it holds mail. */
export class TraceFile {
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Creates the file.
   *
   * @param path where
   * @param force whether a file that is there is replaced
   * @throws {TraceFileError} `cannot-create`
   */
  static create(path: string, force: boolean): TraceFile {
    try {
      if (force) removeFile(path);
      // Created anew in any case: the rights of a file that was there would stay.
      return new TraceFile(path, openSync(path, "wx", 0o600));
    } catch (cause) {
      const reason = systemErrorText(cause, {
        EEXIST: "it is there already; --force replaces it",
        ENOENT: "there is no such folder",
        ENOTDIR: "there is no such folder",
      });
      throw new TraceFileError("cannot-create", path, `Cannot write ${path}: ${reason}`, { cause });
    }
  }

  /**
   * Appends a line.
   *
   * @throws {TraceFileError} `cannot-write`, such as for a full disk; the last line may then be cut off
   */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
    } catch (cause) {
      const message = `Cannot write ${this.#path}: ${systemErrorText(cause)}`;
      throw new TraceFileError("cannot-write", this.#path, message, { cause });
    }
  }

  /** Closes it. */
  close(): void {
    closeSync(this.#descriptor);
  }
}

function removeFile(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isFile()) throw new Error("something is there that is not a file");
  unlinkSync(path);
}
