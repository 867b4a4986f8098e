/**
 * Keeps bytes in memory in the chunks in which they arrived.
 *
 * @module
 */

/** Chunks smaller than this are copied together: an array for each would take more memory than its bytes. */
const SMALL = 1024;
/** The smallest and the largest array that small chunks are copied into; each is twice as large as the one before. */
const SMALLEST_BLOCK = 256;
const LARGEST_BLOCK = 16_384;

/** Bytes in order, in memory. They take at most little more than twice their size. */
export class ChunkList {
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** The array of which the last chunk is the used part, if small chunks were copied there. */
  #block: Uint8Array | undefined;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** The chunks, with small ones joined. A later {@linkcode push} may replace the last one with a longer one. */
  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  /** Appends a chunk, which must not be written to again: it is copied only if a copy takes less memory. */
  push(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (chunk.length < SMALL) {
      this.#copy(chunk);
    } else {
      this.#block = undefined;
      // A view keeps its whole buffer in memory.
      const wasteful = chunk.buffer.byteLength > 2 * chunk.length;
      this.#chunks.push(wasteful ? new Uint8Array(chunk) : chunk);
    }
  }

  /** Removes and returns all chunks. */
  take(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    this.#block = undefined;
    return chunks;
  }

  #copy(chunk: Uint8Array): void {
    const last = this.#block ? this.#chunks.pop()! : undefined;
    const used = last?.length ?? 0;
    if (last && this.#block!.length - used >= chunk.length) {
      this.#block!.set(chunk, used);
      this.#chunks.push(this.#block!.subarray(0, used + chunk.length));
      return;
    }
    if (last) this.#chunks.push(last);
    const wanted = Math.min(LARGEST_BLOCK, 2 * (this.#block?.length ?? 0));
    this.#block = new Uint8Array(Math.max(SMALLEST_BLOCK, wanted, chunk.length));
    this.#block.set(chunk);
    this.#chunks.push(this.#block.subarray(0, chunk.length));
  }
}
