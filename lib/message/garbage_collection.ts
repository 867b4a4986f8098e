/**
 * Triggers garbage collection while large messages go through files, on runtimes that allow it.
 *
 * @module
 */

/** Collects garbage after this many bytes have gone through files. */
const COLLECT_AFTER = 32 * 1024 * 1024;

/** For all spools together, since a collection covers the whole process. */
let passed = 0;

/**
 * Counts bytes that were released: written to a file, or read from one for short use.
 *
 * Bun frees received bytes so late that up to 150 MB pile up while large messages arrive on many connections, just when
 * memory should be kept small. A collection takes about 15 ms.
 *
 * @param bytes how many
 */
export function noteReleasedBytes(bytes: number): void {
  passed += bytes;
  if (passed < COLLECT_AFTER) return;
  passed = 0;
  (globalThis as { Bun?: { gc(synchronous: boolean): void } }).Bun?.gc(true);
}
