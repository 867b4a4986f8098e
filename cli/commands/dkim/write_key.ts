/**
 * Writes new keys: whole or not at all, never over another file, and readable only for those who may.
 *
 * @module
 */

import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { systemErrorText } from "../../../lib/system_errors.ts";
import type { KeyAccess } from "./key_access.ts";
import { syncFolder } from "./rotation_files.ts";

/** A key cannot be written. */
export class KeyWriteError extends Error {
  override readonly name = "KeyWriteError";
  /** `key-exists`: there is a file of that name, which stays. `cannot-write`: the system refuses. */
  readonly code: "key-exists" | "cannot-write";
  /** The path. */
  readonly value: string;

  /**
   * @param path the path
   * @param cause the system's error
   */
  constructor(path: string, cause: unknown) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    super(
      exists
        ? `Cannot write ${path}: it exists, and a key is never overwritten`
        : `Cannot write ${path}: ${systemErrorText(cause)}`,
      { cause },
    );
    this.code = exists ? "key-exists" : "cannot-write";
    this.value = path;
  }
}

/** What a file is called while it is written; readers of the folder pass over hidden files. */
const UNFINISHED = /^\..+\.pem\.(\d+)\.new$/;

/**
 * Writes a key, and makes its folder and the folder above if they are missing.
 *
 * @param path the file
 * @param pem the key
 * @param access who may read it
 * @throws {KeyWriteError} if the file exists or cannot be written
 */
export function writeKey(path: string, pem: string, access: KeyAccess): void {
  const folder = dirname(path);
  try {
    makeFolder(dirname(folder), access);
    makeFolder(folder, access);
    removeUnfinished(folder);
    const unfinished = join(folder, `.${basename(path)}.${process.pid}.new`);
    try {
      writeFile(unfinished, pem, access);
      // Unlike a change of the name, this fails if there is such a file.
      linkSync(unfinished, path);
    } finally {
      if (existsSync(unfinished)) unlinkSync(unfinished);
    }
    syncFolder(folder);
  } catch (error) {
    throw new KeyWriteError(path, error);
  }
}

function writeFile(path: string, text: string, { mode, owner }: KeyAccess): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
    fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a folder in which whoever may read the key may search. */
function makeFolder(path: string, { mode, owner }: KeyAccess): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (!existsSync(above)) mkdirSync(above, { recursive: true });
  mkdirSync(path, { mode: 0o700 });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, (mode & 0o040) === 0 ? 0o700 : 0o750);
}

/** Removes what interrupted runs have left: nobody ever had these keys. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = UNFINISHED.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) unlinkSync(join(folder, name));
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
