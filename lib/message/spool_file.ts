/**
 * A temporary file that nobody else can open, and that is gone with its descriptor.
 *
 * @module
 */

import { close, constants, openSync, read, unlinkSync, write } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { systemMessage } from "../system_errors.ts";
import { noteReleasedBytes } from "./garbage_collection.ts";

/** What must be kept of a message could not be kept, or not be read again. */
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

const LET_GO = "it was let go meanwhile";

/**
 * A temporary file, written from its beginning to its end and read anywhere.
 *
 * On its descriptor's number alone, by callbacks: a FileHandle that is forgotten is closed at some later time, and one
 * that is closed while it works fails in ways of its own on each runtime.
 */
export class SpoolFile {
  readonly #folder: string;
  readonly #descriptor: number;
  /** Its name, where the system does not let an open file lose it. */
  readonly #path: string | undefined;
  readonly #closed: () => void;
  #size = 0;
  #working = 0;
  #closing = false;

  /**
   * Creates the file.
   *
   * At once, without waiting: a crash between its creation and the loss of its name would leave it behind, and so
   * nothing comes between the two.
   *
   * @param folder where
   * @param closed called once the descriptor is closed
   * @throws {SpoolError} when it cannot be created
   */
  constructor(folder: string, closed: () => void) {
    const path = join(folder, `milterkit-${crypto.randomUUID()}`);
    // Who can write to the folder can neither guess the name nor have us follow a link or take a file of theirs.
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

  /** How many bytes are in it. */
  get size(): number {
    return this.#size;
  }

  /**
   * Writes bytes behind those before. One call at a time.
   *
   * @throws {SpoolError} when not all could be written
   */
  append(bytes: Uint8Array): Promise<void> {
    return this.#use("keep a message", async () => {
      for (let done = 0; done < bytes.length;) {
        const count = await this.#write(done === 0 ? bytes : bytes.subarray(done));
        if (count === 0) throw new Error("nothing was written");
        if (this.#closing) return;
        done += count;
        this.#size += count;
        noteReleasedBytes(count);
      }
    });
  }

  /**
   * Reads bytes into a new array.
   *
   * @param at the first one's place
   * @param length how many; fewer may come, but never none
   * @throws {SpoolError} when none could be read
   */
  read(at: number, length: number): Promise<Uint8Array> {
    return this.#use("read again what was kept of a message", async () => {
      const bytes = new Uint8Array(length);
      const count = await this.#read(bytes, at);
      if (count === 0) throw new Error("the file ended early");
      noteReleasedBytes(count);
      return count < length ? bytes.slice(0, count) : bytes;
    });
  }

  /** Closes the file, and with it takes it away: as soon as the work at hand is done, which then rejects. Idempotent. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#working === 0) this.#closeNow();
  }

  /**
   * Keeps the descriptor for as long as the system works on it: its number may be another file's after that. For the
   * same reason nothing begins, and nothing closes it a second time, once it is to be closed.
   */
  async #use<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw cannot(what, this.#folder, new Error(LET_GO));
    this.#working++;
    try {
      const result = await work();
      if (this.#closing) throw new Error(LET_GO);
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

  /** By a callback and not at once: with the name gone, closing is what frees the disk, which takes time. */
  #closeNow(): void {
    close(this.#descriptor, () => {
      if (this.#path !== undefined) unlinkIfPossible(this.#path);
      this.#closed();
    });
  }
}

/** Takes a file's name away; false where the system (Windows) does not allow it as yet. */
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
