/**
 * What must be kept of messages until later filters have read it: in memory up to a bound, else in a temporary file.
 *
 * @module
 */

import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { BODY_CHUNK } from "../protocol/constants.ts";
import { ChunkList } from "./chunk_list.ts";
import { SpoolError, SpoolFile } from "./spool_file.ts";
import { systemMessage } from "../system_errors.ts";
import { Semaphore } from "./semaphore.ts";

export { SpoolError } from "./spool_file.ts";

/** Where what must be kept of messages is kept. */
export interface SpoolOptions {
  /** Most bytes of one message in memory; a longer one goes to a file as a whole. @default 262144 (256 KiB) */
  readonly memory?: number;
  /** Most bytes of all messages together in memory. @default 67108864 (64 MiB) */
  readonly total?: number;
  /** Folder for temporary files. @default /var/tmp where that can be written to, else the system's */
  readonly folder?: string;
}

const MEMORY = 256 * 1024;
const TOTAL = 64 * 1024 * 1024;
/** Survives a restart, and so is on disk where `/tmp` is in memory. */
const FOLDER = "/var/tmp";
/** What comes after a message has gone to its file waits until there are so many bytes of it. */
const LEAST_WRITE = 32 * 1024;
/**
 * Files that are read at a time. Read all at once they are no sooner read, and what was read of all of them lies around
 * together until it is collected: with 200 messages 150 MB more.
 */
const READ_AT_ONCE = 4;
/** Linux's numbers of file systems that have no disk. */
const MEMORY_FILE_SYSTEMS: Readonly<Record<number, string>> = { 0x01021994: "tmpfs", 0x858458f6: "ramfs" };

/** What a pool and its spools share. */
interface Shared {
  readonly memory: number;
  readonly total: number;
  readonly folder: string;
  readonly reading: Semaphore;
  memoryInUse: number;
  filesOpen: number;
}

/**
 * The spools of a server, which together keep to a bound.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { SpoolPool } from "./spool.ts";
 *
 * const pool = new SpoolPool({ memory: 4 });
 * const spool = pool.create();
 * await spool.push(new Uint8Array([1, 2, 3]));
 * assert.equal(pool.memoryInUse, 3);
 * await spool.push(new Uint8Array([4, 5, 6]));
 * assert.equal(pool.filesOpen, 1);
 * const content: number[] = [];
 * const reader = spool.read();
 * for (let chunk = await reader.next(); chunk; chunk = await reader.next()) content.push(...chunk);
 * assert.deepEqual(content, [1, 2, 3, 4, 5, 6]);
 * spool.close();
 * ```
 */
export class SpoolPool {
  readonly #shared: Shared;

  /** @param options bounds and folder */
  constructor(options: SpoolOptions = {}) {
    this.#shared = {
      memory: options.memory ?? MEMORY,
      total: options.total ?? TOTAL,
      folder: options.folder ?? defaultFolder(),
      reading: new Semaphore(READ_AT_ONCE),
      memoryInUse: 0,
      filesOpen: 0,
    };
  }

  /** The folder for temporary files. */
  get folder(): string {
    return this.#shared.folder;
  }

  /** How many bytes of messages are in memory. */
  get memoryInUse(): number {
    return this.#shared.memoryInUse;
  }

  /** How many files are open; one is until the system has closed it. */
  get filesOpen(): number {
    return this.#shared.filesOpen;
  }

  /** A spool for one message. To be closed. */
  create(): Spool {
    return new Spool(this.#shared);
  }

  /** Why the folder is no good place: in memory (tmpfs, ramfs), not there or not ours to write to. Else undefined. */
  folderWarning(): string | undefined {
    const folder = this.#shared.folder;
    try {
      checkFolder(folder);
      if (process.platform !== "linux") return undefined;
      const kind = MEMORY_FILE_SYSTEMS[statfsSync(folder).type];
      return kind &&
        `${folder} is in memory (${kind}): large messages that are kept there take as much of it`;
    } catch (error) {
      return `${folder} cannot be used for large messages: ${systemMessage(error)}`;
    }
  }
}

/** Reads what a spool keeps, from its beginning. */
export interface SpoolReader {
  /**
   * The next bytes, 65535 at most, which are never written to again; undefined at the end. At once where they are in
   * memory, else by a promise.
   *
   * @throws {SpoolError} by a rejection: when they cannot be read, or the spool was closed
   */
  next(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/**
 * What must be kept of one message. Made by {@linkcode SpoolPool.create}.
 *
 * One call after the other, except for {@linkcode Spool.close}, which may come at any time.
 */
export class Spool {
  readonly #shared: Shared;
  /** All of the message, or what is still to be written to the file. */
  readonly #inMemory = new ChunkList();
  #file: SpoolFile | undefined;
  #size = 0;
  /** This message's part of what is in use. */
  #counted = 0;
  #closed = false;
  /** Why nothing can be kept any more. */
  #failure: SpoolError | undefined;

  /** @param shared the pool's bounds and counts */
  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** How many bytes were pushed. */
  get size(): number {
    return this.#size;
  }

  /**
   * Keeps a chunk, which must not be written to again. At once where memory takes it, else by a promise, which is to be
   * awaited before the next call.
   *
   * @throws {SpoolError} by a rejection: when the file does not take it, which also lets go of all that was kept, or
   * when the spool was closed
   */
  push(chunk: Uint8Array): void | Promise<void> {
    if (this.#closed) return Promise.reject(this.#whyClosed());
    if (chunk.length === 0) return;
    this.#size += chunk.length;
    const { memory, total, memoryInUse } = this.#shared;
    const fits = this.#file
      ? this.#inMemory.length + chunk.length < LEAST_WRITE
      : this.#size <= memory && memoryInUse + chunk.length <= total;
    if (!fits) return this.#write(chunk);
    this.#inMemory.push(chunk);
    this.#count(chunk.length);
  }

  /** Begins to read. After the last push; as often as is wanted. */
  read(): SpoolReader {
    let written = 0;
    let piece = 0;
    let at = 0;
    return {
      next: () => {
        if (this.#closed) return Promise.reject(this.#whyClosed());
        const file = this.#file;
        if (file && written < file.size) {
          const length = Math.min(BODY_CHUNK, file.size - written);
          return this.#shared.reading.take(() => file.read(written, length)).then(
            (bytes) => {
              written += bytes.length;
              return bytes;
            },
            (error) => Promise.reject(this.#fail(error)),
          );
        }
        const current = this.#inMemory.chunks[piece];
        if (current === undefined) return undefined;
        const bytes = current.subarray(at, at + BODY_CHUNK);
        at += bytes.length;
        if (at === current.length) [piece, at] = [piece + 1, 0];
        return bytes;
      },
    };
  }

  /** Lets go of memory and file. A push or read at work ends with a rejection. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inMemory.take();
    this.#count(-this.#counted);
    this.#file?.close();
    this.#file = undefined;
  }

  /** Writes all that is in memory to the file, then the chunk. */
  async #write(chunk: Uint8Array): Promise<void> {
    try {
      const file = this.#file ??= this.#createFile();
      const pieces = this.#inMemory.take();
      // Each is let go as soon as it is written.
      for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
        await file.append(piece);
        this.#count(-piece.length);
      }
      await file.append(chunk);
    } catch (error) {
      throw this.#fail(error as SpoolError);
    }
  }

  #createFile(): SpoolFile {
    const shared = this.#shared;
    const file = new SpoolFile(shared.folder, () => shared.filesOpen--);
    shared.filesOpen++;
    return file;
  }

  #count(bytes: number): void {
    this.#counted += bytes;
    this.#shared.memoryInUse += bytes;
  }

  /** What is not whole is of no use. */
  #fail(error: SpoolError): SpoolError {
    if (!this.#closed) this.#failure = error;
    this.close();
    return error;
  }

  #whyClosed(): SpoolError {
    const { folder } = this.#shared;
    return this.#failure ??
      new SpoolError(`Cannot keep a message in ${folder}: it was let go before`, folder);
  }
}

function defaultFolder(): string {
  try {
    checkFolder(FOLDER);
    return FOLDER;
  } catch (error) {
    // A Deno that was not given any folder needs none, as long as nothing is kept.
    return (error as Error).name === "NotCapable" ? FOLDER : tmpdir();
  }
}

/** Throws where something is no folder that can be written to. */
function checkFolder(folder: string): void {
  if (!statSync(folder).isDirectory()) throw new Error("it is not a folder");
  accessSync(folder, constants.W_OK | constants.X_OK);
}
