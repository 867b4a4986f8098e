/**
 * Vectors from other projects' suites, which are not part of this one: MILTERKIT_VECTORS names the folder that has their
 * files. With "none", or where the folder lacks a file, whoever runs the tests says that there is none: then there are no
 * such tests.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { skipFor } from "./instance.ts";

/** Vectors, and how tests of them are declared. */
export interface Vectors<T> {
  /** Declares a test; where there are none on purpose, it does nothing. */
  readonly vectorTest: typeof test | (() => void);
  /** What a test's `skip` has to be. */
  readonly skip: ReturnType<typeof skipFor>;
  /** The content of the file, if there is one. */
  readonly vectors: T | undefined;
}

/**
 * Reads a file of vectors.
 *
 * @param file its name within the folder
 */
export function vectorsOf<T>(file: string): Vectors<T> {
  const folder = process.env.MILTERKIT_VECTORS || undefined;
  const none = folder === "none" || folder !== undefined && !readdirSync(folder).includes(file);
  return {
    vectorTest: none ? () => {} : test,
    skip: skipFor(folder === undefined ? `needs MILTERKIT_VECTORS, a folder with ${file}` : undefined),
    vectors: folder === undefined || none
      ? undefined
      : JSON.parse(readFileSync(join(folder, file), "utf8")) as T,
  };
}
