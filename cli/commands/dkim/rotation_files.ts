/**
 * Changes which keys sign, by the names of their files, so that at no moment a domain has no key or two of one kind: a key
 * that is replaced first gets its second name, and readers pass over a key with both names if there is another of its kind.
 *
 * @module
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { dirname } from "node:path";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { inState } from "./key_names.ts";

/** One change of a file; each can be done again. */
export type FileStep =
  /** Notes the time at which a key's state changes. */
  | { readonly name: "touch"; readonly path: string }
  /** Gives a file a second name. */
  | { readonly name: "link"; readonly path: string; readonly to: string }
  /** Gives a file another name. */
  | { readonly name: "rename"; readonly path: string; readonly to: string }
  /** Takes a name away from a file. */
  | { readonly name: "unlink"; readonly path: string };

/** The names of keys cannot be changed as they should. What was done stays, and another run goes on from there. */
export class KeyNameError extends Error {
  override readonly name = "KeyNameError";
  /** `key-name-taken`: another file has a name that a key should get. `cannot-rename`: the system refuses. */
  readonly code: "key-name-taken" | "cannot-rename";
  /** The path. */
  readonly value: string;

  /**
   * @param code the kind of error
   * @param path the path
   * @param reason what is wrong, and what to do
   */
  constructor(code: KeyNameError["code"], path: string, reason: string) {
    super(`Cannot rename ${path}: ${reason}`);
    this.code = code;
    this.value = path;
  }
}

/**
 * The steps that let a key sign in the place of another.
 *
 * @param next the file of the key that waits
 * @param replaced the file of the key of the same kind that signs; undefined if there is none
 */
export function switchSteps(next: string, replaced: string | undefined): readonly FileStep[] {
  const takeOver: readonly FileStep[] = [
    { name: "touch", path: next },
    { name: "rename", path: next, to: inState(next, "current") },
  ];
  if (replaced === undefined) return takeOver;
  return [
    { name: "touch", path: replaced },
    { name: "link", path: replaced, to: inState(replaced, "old") },
    ...takeOver,
    { name: "unlink", path: replaced },
  ];
}

/**
 * Does a step. One that was done before changes nothing.
 *
 * @param step the step
 * @param now the time to note, in milliseconds since 1970
 * @throws {KeyNameError} if it cannot be done
 */
export function doFileStep(step: FileStep, now: number): void {
  try {
    change(step, now);
    syncFolder(dirname(step.path));
  } catch (error) {
    if (error instanceof KeyNameError) throw error;
    const gone = "it is gone; if another run has just renamed it, run this one again";
    throw new KeyNameError("cannot-rename", step.path, systemErrorText(error, { ENOENT: gone }));
  }
}

function change(step: FileStep, now: number): void {
  switch (step.name) {
    case "touch":
      return utimesSync(step.path, now / 1000, now / 1000);
    case "link":
      if (!isLinked(step.path, step.to)) linkSync(step.path, step.to);
      return;
    case "rename":
      if (existsSync(step.to)) throw taken(step.path, step.to);
      return renameSync(step.path, step.to);
    case "unlink":
      return unlinkSync(step.path);
  }
}

/** Has a folder's changes written to the disk, where the system can do that. */
export function syncFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, "r");
    fsyncSync(handle);
  } catch {
    // Some file systems cannot; then a power failure may undo the last step, which is done again.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function isLinked(path: string, to: string): boolean {
  if (!existsSync(to)) return false;
  const [file, other] = [statSync(path), statSync(to)];
  if (file.ino !== other.ino || file.dev !== other.dev) throw taken(path, to);
  return true;
}

function taken(path: string, to: string): KeyNameError {
  return new KeyNameError("key-name-taken", path, `${to} is another file; remove or rename it`);
}
