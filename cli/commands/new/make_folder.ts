/**
 * A folder that is there as a whole, or not at all.
 *
 * @module
 */

import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { systemErrorText } from "../../../lib/system_errors.ts";

/** A folder that cannot be made. */
export class NewFolderError extends Error {
  override readonly name = "NewFolderError";
  /** `folder-exists`: something is there. `cannot-write`: the system does not let us. */
  readonly code: "folder-exists" | "cannot-write";
  /** The folder. */
  readonly value: string;

  /**
   * @param code what is wrong
   * @param value the folder
   * @param reason what is wrong, in words
   */
  constructor(code: NewFolderError["code"], value: string, reason: string, options?: ErrorOptions) {
    super(`Cannot make ${value}: ${reason}`, options);
    this.code = code;
    this.value = value;
  }
}

/**
 * Makes a folder. It is filled under another name beside it and then renamed, so that what fails leaves nothing behind.
 *
 * @param folder its path; an empty folder there is replaced
 * @param files the texts by name
 * @param fillMore puts more into the folder of the path that it is given
 * @throws {NewFolderError} where something is there, or it cannot be written
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
    if (code === "ENOTDIR") throw new NewFolderError("folder-exists", folder, "there is a file of that name");
    throw new NewFolderError("cannot-write", folder, systemErrorText(error, REASONS), {
      cause: error,
    });
  }
  throw new NewFolderError(
    "folder-exists",
    folder,
    "it is there and not empty; choose another name, or remove it",
  );
}

/** What codes mean where a folder is to be made. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no folder can be made here",
  ENOTEMPTY: "something was put there meanwhile",
  EEXIST: "something was put there meanwhile",
};
