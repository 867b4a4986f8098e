/**
 * A case made smaller that still shows the same.
 *
 * @module
 */
import { concatenated } from "../../../lib/protocol/bytes.ts";
import { judge } from "./judge.ts";
import type { Target } from "./target.ts";

/** Simple bytes, the simplest first. */
const SIMPLE = [0, 0x30, 0x61, 0x20];

/**
 * The smallest case that is found by leaving pieces out, the large ones first, then by making bytes simple.
 *
 * @param target what found it
 * @param bytes the case
 * @param key what it shows
 * @param milliseconds how long to look
 */
export async function shrunk(
  target: Target,
  bytes: Uint8Array,
  key: string,
  milliseconds: number,
): Promise<Uint8Array> {
  const end = performance.now() + milliseconds;
  let smallest = bytes;
  const shows = async (smaller: Uint8Array): Promise<boolean> => {
    if ((await judge(target, smaller))?.key !== key) return false;
    smallest = smaller;
    return true;
  };
  for (let progress = true; progress;) {
    progress = false;
    for (let size = Math.max(1, smallest.length >> 1); size >= 1; size >>= 1) {
      for (let at = 0; at < smallest.length;) {
        if (performance.now() > end) return smallest;
        if (await shows(concatenated([smallest.subarray(0, at), smallest.subarray(at + size)]))) {
          progress = true;
        } else at += size;
      }
    }
    for (let at = 0; at < smallest.length; at++) {
      for (const byte of SIMPLE) {
        if (performance.now() > end) return smallest;
        if (byte === smallest[at]) break;
        if (!await shows(smallest.with(at, byte))) continue;
        progress = true;
        break;
      }
    }
  }
  return smallest;
}
