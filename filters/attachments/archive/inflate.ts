/**
 * Unpacks the deflated content of zip and gzip files, within limits.
 *
 * @module
 */

import { createInflateRaw } from "node:zlib";
import type { Effort } from "./effort.ts";
import type { Source } from "./source.ts";

/**
 * How much is unpacked at a time, in packed bytes. Always the same, however the message arrives: where bytes are damaged,
 * zlib drops what it has unpacked of the piece that they are in.
 */
const PIECE = 1024;

/**
 * Unpacks deflated bytes (RFC 1951), up to the end marked in them.
 *
 * @param source what is packed
 * @param at the position of the first packed byte
 * @param effort counts what is packed
 * @returns how many packed bytes that were
 * @throws of zlib, after what was unpacked before; see {@linkcode isDamage}
 */
export async function* inflated(
  source: Source,
  at: number,
  effort: Effort,
): AsyncGenerator<Uint8Array, number> {
  const inflater = new Inflater();
  try {
    for await (const piece of packedPieces(source, at, effort)) {
      yield* await inflater.write(piece);
      if (inflater.hasEnded) return inflater.taken;
    }
    yield* await inflater.end();
    return inflater.taken;
  } finally {
    inflater.close();
  }
}

/**
 * A source of bytes that have to be unpacked.
 *
 * @param unpack unpacks them, from their beginning
 * @param effort counts what is unpacked again
 */
export function unpackedSource(unpack: () => AsyncIterable<Uint8Array>, effort: Effort): Source {
  return {
    async *open(from = 0) {
      let before = from;
      for await (const bytes of unpack()) {
        const passed = Math.min(before, bytes.length);
        effort.spend(passed);
        before -= passed;
        if (passed < bytes.length) yield bytes.subarray(passed);
      }
    },
  };
}

/** Inflates a piece at a time, and yields its output before the next piece, or before the error that ends it. */
class Inflater {
  /** Whether the end of what is packed was found. */
  hasEnded = false;
  readonly #zlib = createInflateRaw();
  #bytes: Uint8Array[] = [];
  #error: Error | undefined;
  #done: () => void = () => {};

  constructor() {
    this.#zlib.on("data", (bytes: Uint8Array) => this.#bytes.push(bytes));
    this.#zlib.on("error", (error: Error) => {
      this.#error = error;
      this.#done();
    });
    this.#zlib.on("end", () => {
      this.hasEnded = true;
      this.#done();
    });
  }

  /** How many packed bytes it has consumed. */
  get taken(): number {
    return this.#zlib.bytesWritten;
  }

  async write(piece: Uint8Array): Promise<Iterable<Uint8Array>> {
    await this.#until((done) => this.#zlib.write(piece, done));
    return this.#unpacked();
  }

  async end(): Promise<Iterable<Uint8Array>> {
    await this.#until(() => this.#zlib.end());
    return this.#unpacked();
  }

  close(): void {
    this.#zlib.destroy();
  }

  /** After an error, and on Bun after the end, zlib no longer calls back. */
  async #until(begin: (done: () => void) => void): Promise<void> {
    if (this.hasEnded || this.#error) return;
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      begin(resolve);
    });
  }

  *#unpacked(): Generator<Uint8Array, void> {
    const bytes = this.#bytes;
    this.#bytes = [];
    yield* bytes;
    if (this.#error) throw this.#error;
  }
}

/** The packed bytes in pieces of the same size. */
async function* packedPieces(source: Source, from: number, effort: Effort): AsyncGenerator<Uint8Array, void> {
  let piece = new Uint8Array(PIECE);
  let length = 0;
  for await (const bytes of source.open(from)) {
    effort.spend(bytes.length);
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + PIECE - length);
      piece.set(part, length);
      at += part.length;
      length += part.length;
      if (length < PIECE) continue;
      yield piece;
      piece = new Uint8Array(PIECE);
      length = 0;
    }
  }
  if (length > 0) yield piece.subarray(0, length);
}

/** Whether an error says that packed bytes are damaged, or end early. */
export function isDamage(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "Z_DATA_ERROR" || code === "Z_BUF_ERROR" || code === "Z_NEED_DICT";
}
