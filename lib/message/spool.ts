/**
 * Keeps message content until later filters have read it: in memory up to a limit, beyond that in a temporary file.
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

/** Where message content is kept, and how much of it in memory. */
export interface SpoolOptions {
  /**
   * The maximum number of bytes of one message in memory; a larger one goes to a file as a whole. @default 262144 (256
   * KiB)
   */
  readonly memory?: number;
  /** The maximum number of bytes of all messages together in memory. @default 67108864 (64 MiB) */
  readonly total?: number;
  /** The folder for temporary files. @default /var/tmp if it is writable, else the system's */
  readonly folder?: string;
}

const MEMORY = 256 * 1024;
const TOTAL = 64 * 1024 * 1024;
/** Survives a reboot, so it is on disk even if `/tmp` is in memory. */
const FOLDER = "/var/tmp";
/** Once a message has gone to its file, further content is written after this many bytes. */
const LEAST_WRITE = 32 * 1024;
/**
 * How many files are read at a time. Reading all at once is no faster, and everything read stays in memory until
 * garbage is collected: 150 MB more with 200 messages.
 */
const READ_AT_ONCE = 4;
/** Linux's type numbers of in-memory file systems. */
const MEMORY_FILE_SYSTEMS: Readonly<Record<number, string>> = { 0x01021994: "tmpfs", 0x858458f6: "ramfs" };

/** The limits and counts that a pool and its spools share. */
interface Shared {
  readonly memory: number;
  readonly total: number;
  readonly folder: string;
  readonly reading: Semaphore;
  memoryInUse: number;
  filesOpen: number;
}

/**
 * The spools of a server, with a common limit of memory.
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

  /** @param options limits and folder */
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

  /** How many files are open, counting those that the system is still closing. */
  get filesOpen(): number {
    return this.#shared.filesOpen;
  }

  /** Makes a spool for one message. The caller must close it. */
  create(): Spool {
    return new Spool(this.#shared);
  }

  /** Why the folder is unsuitable: in memory (tmpfs, ramfs), missing, or not writable. Undefined if it is fine. */
  folderWarning(): string | undefined {
    const folder = this.#shared.folder;
    try {
      checkFolder(folder);
      if (process.platform !== "linux") return undefined;
      const kind = MEMORY_FILE_SYSTEMS[statfsSync(folder).type];
      return kind &&
        `${folder} is in memory (${kind}): large messages that are kept there use up memory`;
    } catch (error) {
      return `${folder} cannot be used for large messages: ${systemMessage(error)}`;
    }
  }
}

/** Reads the content of a spool, or a range of it. */
export interface SpoolReader {
  /**
   * The next bytes, at most 65535; undefined at the end. They are never written to again, unless the reader is brief. Returns
   * them directly if they are in memory, otherwise a promise.
   *
   * @throws {SpoolError} as a rejection, if they cannot be read or the spool was closed
   */
  next(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/**
 * The kept content of one message. Made by {@linkcode SpoolPool.create}.
 *
 * Make one call at a time, except for {@linkcode Spool.close}, which may come at any time.
 */
export class Spool {
  readonly #shared: Shared;
  /** The whole message, or the part that is still to be written to the file. */
  readonly #inMemory = new ChunkList();
  #file: SpoolFile | undefined;
  #size = 0;
  /** This message's share of the memory in use. */
  #counted = 0;
  #closed = false;
  /** Why nothing more can be kept. */
  #failure: SpoolError | undefined;

  /** @param shared the pool's limits and counts */
  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** How many bytes were pushed. */
  get size(): number {
    return this.#size;
  }

  /**
   * Keeps a chunk, which must not be written to again. Returns a promise if the chunk goes to the file; await it before
   * the next call.
   *
   * @param chunk the bytes
   * @param isBrief whether the chunk may be written to again once it is kept
   * @throws {SpoolError} as a rejection, if it cannot be written to the file, which also releases all content, or if
   * the spool was closed
   */
  push(chunk: Uint8Array, isBrief = false): void | Promise<void> {
    if (this.#closed) return Promise.reject(this.#whyClosed());
    if (chunk.length === 0) return;
    this.#size += chunk.length;
    const { memory, total, memoryInUse } = this.#shared;
    const fits = this.#file
      ? this.#inMemory.length + chunk.length < LEAST_WRITE
      : this.#size <= memory && memoryInUse + chunk.length <= total;
    if (!fits) return this.#write(chunk, isBrief);
    this.#inMemory.push(isBrief ? new Uint8Array(chunk) : chunk);
    this.#count(chunk.length);
  }

  /**
   * Begins to read. Call it after the last push, as often as you like.
   *
   * @param start the position of the first byte
   * @param end the position after the last byte
   * @param isBrief whether the bytes are used only until the next ones are requested. Reads from a file then reuse the
   * same memory; otherwise everything read stays in memory until garbage is collected
   */
  read(start = 0, end: number = this.#size, isBrief = false): SpoolReader {
    let into: Uint8Array | undefined;
    let next = start;
    // Where the reader is in memory: the chunk, and its position in the content.
    let piece = 0;
    let pieceStart = this.#file?.size ?? 0;
    return {
      next: () => {
        if (this.#closed) return Promise.reject(this.#whyClosed());
        if (next >= end) return undefined;
        const file = this.#file;
        const length = Math.min(BODY_CHUNK, end - next);
        if (file && next < file.size) {
          const at = next;
          if (isBrief) into ??= new Uint8Array(Math.min(BODY_CHUNK, end - next));
          return this.#shared.reading.take(() => file.read(at, Math.min(length, file.size - at), into)).then(
            (bytes) => {
              next += bytes.length;
              return bytes;
            },
            (error) => Promise.reject(this.#fail(error)),
          );
        }
        const { chunks } = this.#inMemory;
        let current = chunks[piece];
        while (current && next >= pieceStart + current.length) {
          pieceStart += current.length;
          current = chunks[++piece];
        }
        if (current === undefined) return undefined;
        const bytes = current.subarray(next - pieceStart, next - pieceStart + length);
        next += bytes.length;
        return bytes;
      },
    };
  }

  /** Releases memory and file. A push or read in progress rejects. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inMemory.take();
    this.#count(-this.#counted);
    this.#file?.close();
    this.#file = undefined;
  }

  /** Writes all that is in memory to the file, then the chunk. */
  async #write(chunk: Uint8Array, isBrief: boolean): Promise<void> {
    try {
      const file = this.#file ??= this.#createFile();
      const pieces = this.#inMemory.take();
      // Each is released as soon as it is written.
      for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
        await file.append(piece);
        this.#count(-piece.length);
      }
      await file.append(chunk, isBrief);
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

  /** Closes the spool, since incomplete content is of no use. */
  #fail(error: SpoolError): SpoolError {
    if (!this.#closed) this.#failure = error;
    this.close();
    return error;
  }

  #whyClosed(): SpoolError {
    const { folder } = this.#shared;
    return this.#failure ??
      new SpoolError(`Cannot keep a message in ${folder}: its spool is closed`, folder);
  }
}

function defaultFolder(): string {
  try {
    checkFolder(FOLDER);
    return FOLDER;
  } catch (error) {
    // Deno needs no permission for any folder as long as nothing is kept.
    return (error as Error).name === "NotCapable" ? FOLDER : tmpdir();
  }
}

/** Throws if a path is not a writable folder. */
function checkFolder(folder: string): void {
  if (!statSync(folder).isDirectory()) throw new Error("it is not a folder");
  accessSync(folder, constants.W_OK | constants.X_OK);
}
