/**
 * Triggers garbage collection while large messages go through files, on runtimes that allow it.
 *
 * @module
 */

/** Collects garbage after this many bytes of messages of moderate size. */
const COLLECT_AFTER = 32 * 1024 * 1024;
/** The size of a message, in bytes, from which it is large. */
const LARGE = 1024 * 1024;
/**
 * The weight of bytes of large messages. Such messages are rare, but a few of them at once would leave more garbage
 * than everything else uses; a collection after each message of a megabyte would cost more than the message itself.
 */
const LARGE_WEIGHT = 10;

/** Counts for all spools together, since a collection covers the whole process. */
let passed = 0;

/**
 * Counts bytes that were released: written to a file, read from one for short use, or decoded or sent afterwards.
 *
 * Bun frees received bytes so late that up to 150 MB pile up while large messages arrive on many connections, just when
 * memory should be kept small. A collection takes about 15 ms.
 *
 * @param bytes how many
 * @param size the size of their message so far, in bytes
 */
export function noteReleasedBytes(bytes: number, size: number): void {
  passed += size < LARGE ? bytes : bytes * LARGE_WEIGHT;
  if (passed < COLLECT_AFTER) return;
  passed = 0;
  (globalThis as { Bun?: { gc(synchronous: boolean): void } }).Bun?.gc(true);
}
