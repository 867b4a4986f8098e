/**
 * Garbage collection in time, where the runtime lets one ask for it.
 *
 * @module
 */

/** Bytes that went through files after which garbage is collected. */
const COLLECT_AFTER = 32 * 1024 * 1024;

/** For all spools together, since garbage is collected of the whole process. */
let passed = 0;

/**
 * Tells that bytes were let go of: written to a file, or read from one for somebody who is done with them soon.
 *
 * Bun frees what was received and is no longer used so late that it piles up to 150 MB while large messages come on many
 * connections, which is just when memory is to be kept small. A collection takes about 15 ms.
 *
 * @param bytes how many
 */
export function noteReleasedBytes(bytes: number): void {
  passed += bytes;
  if (passed < COLLECT_AFTER) return;
  passed = 0;
  (globalThis as { Bun?: { gc(synchronous: boolean): void } }).Bun?.gc(true);
}
