/**
 * Knows which files belong to which filter, to tell from a stack trace which filter ran.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { reachableFiles } from "./imports.ts";
import { placeInStack } from "./place.ts";

/** A filter in a user's file. */
export interface FilterFile {
  /** Its name in logs: its label, if it has one. */
  readonly name: string;
  /** The name of its definition. */
  readonly definition: string;
  /** The path of its file. */
  readonly file: string;
}

/** The files of filters, with those that they import by relative paths. */
export class FilterFiles {
  /** The names of the filters to which each file belongs. */
  readonly #names = new Map<string, Set<string>>();
  /** The definition's name for each filter's name. */
  readonly #definitions = new Map<string, string>();

  /** Adds a filter. */
  add({ name, definition, file }: FilterFile): void {
    this.#definitions.set(name, definition);
    for (const each of reachableFiles(resolve(file)).flatMap(withRealPath)) {
      const names = this.#names.get(each) ?? new Set();
      this.#names.set(each, names.add(name));
    }
  }

  /** Notes that a filter has another name: its `create` may choose one that depends on its options. */
  rename(before: string, name: string): void {
    this.#definitions.set(name, this.#definitions.get(before) ?? before);
    for (const names of this.#names.values()) if (names.delete(before)) names.add(name);
  }

  /**
   * Finds the filter that ran: the one to which the first file of a filter in the trace belongs. If that file belongs to
   * several, such as a shared helper, the files that called it decide.
   *
   * @returns the filter's name; for several filters of one definition the definition's; undefined if the trace leads to no
   * filter, or to several
   */
  nameIn(stack: string): string | undefined {
    let candidates: readonly string[] | undefined;
    for (const line of stack.split("\n")) {
      const names = this.#names.get(placeInStack(line)?.file ?? "");
      if (!names) continue;
      const common: readonly string[] = candidates?.filter((name) => names.has(name)) ?? [...names];
      if (common.length === 1) return common[0];
      if (common.length > 1) candidates = common;
    }
    const definitions = new Set(candidates?.map((name) => this.#definitions.get(name)));
    return definitions.size === 1 ? [...definitions][0] : undefined;
  }
}

/** A runtime may show a file by its path without symbolic links. */
function withRealPath(file: string): string[] {
  try {
    const real = realpathSync(file);
    return real === file ? [file] : [file, real];
  } catch {
    // A file that does not exist, or only looks like an import.
    return [file];
  }
}
