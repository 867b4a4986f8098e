/**
 * Writes a trace to a file. The system has each line before the next one is made, so a trace that is killed leaves a
 * readable file.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { closeSync, lstatSync, openSync, unlinkSync, writeSync } from "node:fs";
import { systemErrorText } from "../../../lib/system_errors.ts";

/** The trace file cannot be written. */
export class TraceFileError extends Error {
  override readonly name = "TraceFileError";
  /** `cannot-create`: it could not be created. `cannot-write`: a line could not be appended. */
  readonly code: "cannot-create" | "cannot-write";
  /** The path. */
  readonly value: string;

  /**
   * @param code what could not be done
   * @param value the path
   * @param message a line that says why
   */
  constructor(code: TraceFileError["code"], value: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.value = value;
  }
}

/** A trace file that is being written. Only its owner can read it, since it contains mail. */
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
   * @param path its path
   * @param force whether to replace an existing file
   * @throws {TraceFileError} `cannot-create`
   */
  static create(path: string, force: boolean): TraceFile {
    try {
      if (force) removeFile(path);
      // Always a new file: an existing one would keep its permissions.
      return new TraceFile(path, openSync(path, "wx", 0o600));
    } catch (cause) {
      const reason = systemErrorText(cause, {
        EEXIST: "it exists; --force replaces it",
        ENOENT: "there is no such folder",
        ENOTDIR: "there is no such folder",
      });
      throw new TraceFileError("cannot-create", path, `Cannot write ${path}: ${reason}`, { cause });
    }
  }

  /**
   * Appends a line.
   *
   * @param line the line, without a newline
   * @throws {TraceFileError} `cannot-write`, for example because the disk is full; the last line may then be incomplete
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

  /** Closes the file. */
  close(): void {
    closeSync(this.#descriptor);
  }
}

function removeFile(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isFile()) throw new Error("it exists and is not a file");
  unlinkSync(path);
}
