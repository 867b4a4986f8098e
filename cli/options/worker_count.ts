/**
 * Parses the value of `--workers`.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { invalidArgument } from "../terminal/arguments.ts";

/**
 * Parses a number of workers.
 *
 * @param text a number from 1 to 256, or `auto`: one per core available to this process
 * @returns undefined if it is neither
 */
export function workerCount(text: string): number | undefined {
  if (text === "auto") return availableParallelism();
  const count = Number(text);
  return /^[1-9]\d{0,2}$/.test(text) && count >= 1 && count <= 256 ? count : undefined;
}

/**
 * Parses the value of `--workers`; see {@linkcode workerCount}.
 *
 * @throws {UsageError} if it is invalid
 */
export function parseWorkerCount(text: string): number {
  const count = workerCount(text);
  if (count !== undefined) return count;
  throw invalidArgument("milterkit serve", "--workers", text, "want a number from 1 to 256, or auto");
}
