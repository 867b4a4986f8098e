/**
 * Creates a folder completely, or not at all.
 *
 * @module
 */

import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { systemErrorText } from "../../../lib/system_errors.ts";

/** The folder cannot be created. */
export class NewFolderError extends Error {
  override readonly name = "NewFolderError";
  /** `folder-exists`: something of that name exists. `cannot-write`: the system does not allow it. */
  readonly code: "folder-exists" | "cannot-write";
  /** The folder. */
  readonly value: string;

  /**
   * @param code what is wrong
   * @param value the folder
   * @param reason what is wrong, in words
   */
  constructor(code: NewFolderError["code"], value: string, reason: string, options?: ErrorOptions) {
    super(`Cannot create ${value}: ${reason}`, options);
    this.code = code;
    this.value = value;
  }
}

/**
 * Creates a folder. Its files are written to a temporary folder beside it, which is then renamed, so that a failure
 * leaves nothing behind.
 *
 * @param folder its name in the current folder; replaces an empty folder of that name
 * @param files the text of each file, by name
 * @param fillMore puts more into the folder at the path that it gets
 * @throws {NewFolderError} if something of that name exists, or the folder cannot be written
 */
export async function makeFolder(
  folder: string,
  files: Readonly<Record<string, string>>,
  fillMore: (path: string) => Promise<void>,
): Promise<void> {
  mustBeFree(folder);
  let stage: string | undefined;
  try {
    stage = mkdtempSync(join(dirname(resolve(folder)), `.${folder}-`));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(stage, name), text);
    await fillMore(stage);
    chmodSync(stage, 0o777 & ~process.umask());
    renameSync(stage, folder);
  } catch (error) {
    if (stage) rmSync(stage, { recursive: true, force: true });
    throw new NewFolderError("cannot-write", folder, systemErrorText(error, REASONS), {
      cause: error,
    });
  }
}

function mustBeFree(folder: string): void {
  try {
    if (readdirSync(folder).length === 0) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    if (code === "ENOTDIR") throw new NewFolderError("folder-exists", folder, "a file of that name exists");
    throw new NewFolderError("cannot-write", folder, systemErrorText(error, REASONS), {
      cause: error,
    });
  }
  throw new NewFolderError(
    "folder-exists",
    folder,
    "it exists and is not empty; choose another name, or remove it",
  );
}

/** What the system's codes mean when creating a folder. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no folder can be created here",
  ENOTEMPTY: "something else created it meanwhile",
  EEXIST: "something else created it meanwhile",
};
