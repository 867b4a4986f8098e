/**
 * Reads the files that options name.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { systemErrorText } from "../system_errors.ts";
import { OptionError } from "./options.ts";

/** The largest file, in bytes: a larger one is a mistake, since nobody writes that much by hand. */
const LARGEST_FILE = 256 * 1024;

/**
 * Reads a text file that an option names.
 *
 * @param option the name of the option, for errors
 * @param path the path of the file
 * @throws {OptionError} if the file cannot be read, is larger than 256 KiB, or is not in UTF-8
 */
export function readTextFile(option: string, path: string): string {
  const fail = (reason: string): never => {
    throw new OptionError(option, path, reason);
  };
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return fail(`it cannot be read: ${systemErrorText(error)}`);
  }
  if (bytes.length > LARGEST_FILE) fail(`it has ${bytes.length} bytes; the maximum is 256 KiB`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail("it is not in UTF-8");
  }
}
