/**
 * A temporary file that no other process can open, and that disappears when its descriptor is closed.
 *
 * @module
 */

import { close, constants, openSync, read, unlinkSync, write } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { systemMessage } from "../system_errors.ts";
import { noteReleasedBytes } from "./garbage_collection.ts";

/** The content of a message could not be written, or not be read back. */
export class SpoolError extends Error {
  override readonly name = "SpoolError";
  /** Always `spool-failed`. */
  readonly code = "spool-failed";
  /** The folder for temporary files. */
  readonly value: string;

  /**
   * @param message one line that says what failed
   * @param folder the folder for temporary files
   * @param options the system's error, as `cause`
   */
  constructor(message: string, folder: string, options?: ErrorOptions) {
    super(message, options);
    this.value = folder;
  }
}

const CLOSED_MEANWHILE = "it was closed meanwhile";

/**
 * A temporary file, written from beginning to end and read at any position.
 *
 * Uses the number of the descriptor, with callbacks: a forgotten FileHandle is closed at some later time, and one that is
 * closed while in use fails differently on each runtime.
 */
export class SpoolFile {
  readonly #folder: string;
  readonly #descriptor: number;
  /** Its name, on systems that cannot unlink an open file. */
  readonly #path: string | undefined;
  readonly #closed: () => void;
  #size = 0;
  #working = 0;
  #closing = false;

  /**
   * Creates the file.
   *
   * Synchronously, so that nothing runs between creating and unlinking it: a crash in between would leave the file behind.
   *
   * @param folder where
   * @param closed called once the descriptor is closed
   * @throws {SpoolError} if it cannot be created
   */
  constructor(folder: string, closed: () => void) {
    const path = join(folder, `milterkit-${crypto.randomUUID()}`);
    // Others who can write to the folder cannot guess the name, or make us follow a link or use a file of theirs.
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600);
      this.#path = unlinkIfPossible(path) ? undefined : path;
    } catch (cause) {
      if (descriptor !== undefined) close(descriptor, () => {});
      throw cannot("keep a message", folder, cause);
    }
    this.#folder = folder;
    this.#descriptor = descriptor;
    this.#closed = closed;
  }

  /** Its size in bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends bytes. One call at a time.
   *
   * @param bytes what to append
   * @param isBrief whether their memory is used again
   * @throws {SpoolError} if not all could be written
   */
  append(bytes: Uint8Array, isBrief = false): Promise<void> {
    return this.#use("keep a message", async () => {
      for (let done = 0; done < bytes.length;) {
        const count = await this.#write(done === 0 ? bytes : bytes.subarray(done));
        if (count === 0) throw new Error("nothing was written");
        if (this.#closing) return;
        done += count;
        this.#size += count;
        if (!isBrief) noteReleasedBytes(count, this.#size);
      }
    });
  }

  /**
   * Reads bytes.
   *
   * @param at the position of the first byte
   * @param length how many; the result may have fewer, but at least one
   * @param into memory for them, as the result; undefined: they get their own
   * @throws {SpoolError} if none could be read
   */
  read(at: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    return this.#use("read back a message", async () => {
      const bytes = into?.subarray(0, length) ?? new Uint8Array(length);
      const count = await this.#read(bytes, at);
      if (count === 0) throw new Error("the file ended early");
      if (into) return bytes.subarray(0, count);
      noteReleasedBytes(count, this.#size);
      return count < length ? bytes.slice(0, count) : bytes;
    });
  }

  /** Closes and thereby deletes the file, after any call in progress, which then rejects. Idempotent. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#working === 0) this.#closeNow();
  }

  /**
   * Keeps the descriptor open while the system works on it: once closed, its number may be given to another file. For the
   * same reason, once the file is closing nothing begins, and nothing closes it a second time.
   */
  async #use<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw cannot(what, this.#folder, new Error(CLOSED_MEANWHILE));
    this.#working++;
    try {
      const result = await work();
      if (this.#closing) throw new Error(CLOSED_MEANWHILE);
      return result;
    } catch (cause) {
      throw cannot(what, this.#folder, cause);
    } finally {
      if (--this.#working === 0 && this.#closing) this.#closeNow();
    }
  }

  #write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      write(
        this.#descriptor,
        bytes,
        0,
        bytes.length,
        this.#size,
        (error, count) => error ? reject(error) : resolve(count),
      );
    });
  }

  #read(bytes: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(
        this.#descriptor,
        bytes,
        0,
        bytes.length,
        at,
        (error, count) => error ? reject(error) : resolve(count),
      );
    });
  }

  /** Asynchronously: closing an unlinked file frees its disk space, which takes time. */
  #closeNow(): void {
    close(this.#descriptor, () => {
      if (this.#path !== undefined) unlinkIfPossible(this.#path);
      this.#closed();
    });
  }
}

/** Unlinks a file; returns false if the system (Windows) does not allow it while the file is open. */
function unlinkIfPossible(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (process.platform === "win32") return false;
    throw error;
  }
}

function cannot(what: string, folder: string, cause: unknown): SpoolError {
  return new SpoolError(`Cannot ${what} in ${folder}: ${systemMessage(cause)}`, folder, { cause });
}
