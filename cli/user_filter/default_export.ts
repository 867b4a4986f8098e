/**
 * Turns the default export of a user's file into a filter definition.
 *
 * @module
 */

import { basename } from "node:path";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { plainFilter } from "../../lib/filter/filter_keys.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { InvalidFilterError, validateFilter } from "../../lib/filter/validate.ts";
import { InvalidDefinitionError, validateDefinition } from "./validate_definition.ts";
import { FilterFileError } from "./filter_file_error.ts";
import { placeOfThrow } from "./place.ts";

/** A filter definition from a file. */
export interface FileDefinition extends FilterDefinition {
  /** The file as named after `--filter`. */
  readonly file: string;
}

/** What to export, for error messages. */
const WANTED =
  "want export default defineFilter({ name: …, … }), or { name, summary, options, create(options) }";

/**
 * Makes a filter definition from a file's default export: a filter, or a definition.
 *
 * @param name the file as named after `--filter`
 * @param file its absolute path
 * @param module its exports
 * @throws {FilterFileError} `filter-file-export` if the export is neither
 */
export function definitionOfExport(
  name: string,
  file: string,
  module: Readonly<Record<string, unknown>>,
): FileDefinition {
  const fail = (value: unknown, reason: string): never => {
    throw new FilterFileError(name, "filter-file-export", value, reason);
  };
  const exported = module.default;
  if (exported === undefined) return fail(undefined, withoutDefault(module));
  if (typeof exported !== "object" || exported === null || Array.isArray(exported)) {
    return fail(exported, `its default export is ${kindOf(exported)}; ${WANTED}`);
  }
  if (exported instanceof Promise) {
    return fail(exported, `its default export is a promise; put await before it, or ${WANTED}`);
  }
  try {
    if ("create" in exported || "options" in exported) {
      validateDefinition(exported);
      return fromDefinition(name, exported);
    }
    if (Object.keys(exported).length === 0 && Object.getPrototypeOf(exported) === Object.prototype) {
      return fail(exported, `its default export is an empty object; ${WANTED}`);
    }
    validateFilter(exported, 1);
    return fromFilter(name, file, exported);
  } catch (error) {
    if (error instanceof InvalidDefinitionError) return fail(error.value, error.message);
    if (!(error instanceof InvalidFilterError)) throw error;
    return fail(error.value, asDefaultExport(error.message));
  }
}

/** Replaces the filter's number in a message: a default export is not one of several. */
function asDefaultExport(message: string): string {
  const text = message.replace("Invalid filter number 1: ", "its default export is not a filter: ");
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function withoutDefault(module: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(module);
  if (names.length === 0) return `it exports nothing; ${WANTED}`;
  const likely = names.find((name) => isLikelyFilter(module[name]));
  return likely === undefined
    ? `it has no default export (it exports ${names.join(", ")}); ${WANTED}`
    : `it exports ${likely} by name only; add: export default ${likely};`;
}

function isLikelyFilter(value: unknown): boolean {
  return typeof value === "object" && value !== null && "name" in value;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "function") return /^class\b/.test(String(value)) ? "a class" : "a function";
  return `a ${typeof value}`;
}

function fromDefinition(name: string, given: FilterDefinition): FileDefinition {
  return {
    name: given.name,
    summary: given.summary,
    ...(given.description === undefined ? {} : { description: given.description }),
    ...(given.examples === undefined ? {} : { examples: given.examples }),
    options: given.options,
    wantsOriginal: given.wantsOriginal ?? false,
    create: (options: OptionValues) => checkedFilter(name, callCreate(name, given, options)),
    file: name,
  };
}

/** Calls `create`. An `OptionError` is a mistake in the command line; anything else that is thrown, in the file. */
function callCreate(name: string, given: FilterDefinition, options: OptionValues): unknown {
  try {
    return given.create(options);
  } catch (error) {
    throw error instanceof OptionError ? error : new FilterFileError(
      name,
      "filter-file-threw",
      error,
      `its create() threw at {}: ${error instanceof Error ? error.message : String(error)}`,
      placeOfThrow(error),
    );
  }
}

/** Validates what `create` returned, just like a filter that is exported itself. */
function checkedFilter(name: string, filter: unknown): Filter {
  try {
    if (filter instanceof Promise) {
      throw new InvalidFilterError("number 1", filter, "want an object, got a promise");
    }
    validateFilter(filter, 1);
    return plainFilter(filter);
  } catch (error) {
    if (!(error instanceof InvalidFilterError)) throw error;
    const reason = error.message.replace("Invalid filter number 1: ", "create() did not return a filter: ");
    throw new FilterFileError(
      name,
      "filter-file-export",
      error.value,
      reason.replace(/^Invalid filter/, "create() returned an invalid filter"),
    );
  }
}

function fromFilter(name: string, file: string, filter: Filter): FileDefinition {
  return {
    name: filter.name,
    summary: `The filter in ${basename(file)}`,
    options: [],
    create: () => plainFilter(filter),
    file: name,
  };
}
