/**
 * Cases that showed something once: files that every run of the tests tries again.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { namesIn } from "./files.ts";
import { numberOf } from "./choices.ts";

/** Where they are kept. */
export const FOUND: string = fileURLToPath(new URL("../found", import.meta.url));

/** A kept case. */
export interface KeptCase {
  /** Its file's name. */
  readonly name: string;
  /** The case. */
  readonly bytes: Uint8Array;
}

/** The kept cases of a target. */
export function keptCases(target: string): KeptCase[] {
  const folder = join(FOUND, target);
  return namesIn(folder).map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }));
}

/**
 * Keeps a case.
 *
 * @param target the target's name
 * @param key what it shows
 * @param bytes the case
 * @returns the file
 */
export function keep(target: string, key: string, bytes: Uint8Array): string {
  const folder = join(FOUND, target);
  mkdirSync(folder, { recursive: true });
  const words = key.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
  const file = join(folder, `${words}-${numberOf(bytes).toString(16).padStart(8, "0")}.bin`);
  writeFileSync(file, bytes);
  return file;
}
