/**
 * Loads a filter definition from a user's file.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { systemErrorText } from "../../lib/system_errors.ts";
import { definitionOfExport, type FileDefinition } from "./default_export.ts";
import { explainLoadError } from "./explain.ts";
import { FilterFileError } from "./filter_file_error.ts";
import { provideLibrary } from "./library.ts";

/** Longest time that a file may take to load, in milliseconds. */
const LOAD_LIMIT = 10_000;

/**
 * Loads a filter definition from a file.
 *
 * @param name its path; a relative one starts from the current folder
 * @param limit longest time that it may take to load, in milliseconds; 10 s unless given
 * @throws {FilterFileError} if it cannot be loaded or exports no filter; the message says where
 */
export async function loadFilterFile(name: string, limit: number = LOAD_LIMIT): Promise<FileDefinition> {
  const file = resolve(name);
  mustBeReadable(name, file);
  provideLibrary();
  let module: Record<string, unknown>;
  try {
    module = await within(limit, import(pathToFileURL(file).href), name);
  } catch (error) {
    throw error instanceof FilterFileError ? error : await explainLoadError(name, file, error);
  }
  return definitionOfExport(name, module);
}

function mustBeReadable(name: string, file: string): void {
  const fail = (reason: string): never => {
    throw new FilterFileError(name, "filter-file-unreadable", file, reason);
  };
  try {
    if (statSync(file).isDirectory()) fail("it is a folder; name a file in it");
    accessSync(file, constants.R_OK);
  } catch (error) {
    if (error instanceof FilterFileError) throw error;
    fail(systemErrorText(error));
  }
}

/** The timer also keeps the process alive: with nothing else to do, the runtime would exit instead of waiting. */
async function within<T>(limit: number, work: Promise<T>, name: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const reason = `it has not finished loading after ${
        limit / 1000
      } s; is there an await at its top level?`;
      reject(new FilterFileError(name, "filter-file-timeout", limit, reason));
    }, limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
