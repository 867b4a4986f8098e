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

/** A name that a key should get is that of another file. */
export class KeyNameTakenError extends Error {
  override readonly name = "KeyNameTakenError";
  /** Always `key-name-taken`. */
  readonly code = "key-name-taken";
  /** The path. */
  readonly value: string;

  /** @param path the path that is taken */
  constructor(path: string) {
    super(`Cannot rename a key to ${path}: another file has that name; remove one of them`);
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
 * Does a step. One that was done before, by this process or another, changes nothing.
 *
 * @param step the step
 * @param now the time to note, in milliseconds since 1970
 * @throws {KeyNameTakenError} if the name is that of another file
 * @throws {Error} of the system, such as EACCES
 */
export function doFileStep(step: FileStep, now: number): void {
  switch (step.name) {
    case "touch":
      return utimesSync(step.path, now / 1000, now / 1000);
    case "link":
      if (!isLinked(step.path, step.to)) linkSync(step.path, step.to);
      break;
    case "rename":
      if (existsSync(step.to)) throw new KeyNameTakenError(step.to);
      renameSync(step.path, step.to);
      break;
    case "unlink":
      unlinkSync(step.path);
  }
  syncFolder(dirname(step.path));
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
  if (file.ino !== other.ino || file.dev !== other.dev) throw new KeyNameTakenError(to);
  return true;
}
