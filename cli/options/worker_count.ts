/**
 * How many workers there are to be, as `--workers` says it.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { UsageError } from "../terminal/arguments.ts";

/**
 * The number of workers asked for.
 *
 * @param text a number from 1 to 256, or `auto`: one for each core that there is for this process
 * @returns undefined where it is neither
 */
export function workerCount(text: string): number | undefined {
  if (text === "auto") return availableParallelism();
  const count = Number(text);
  return /^[1-9]\d{0,2}$/.test(text) && count >= 1 && count <= 256 ? count : undefined;
}

/**
 * The same, for who cannot go on without.
 *
 * @throws {UsageError} saying what would be right
 */
export function workersOf(text: string): number {
  const count = workerCount(text);
  if (count !== undefined) return count;
  const wrong = `Invalid --workers ${JSON.stringify(text)}`;
  throw new UsageError(`milterkit serve: ${wrong}: want a number from 1 to 256, or auto`, text);
}
