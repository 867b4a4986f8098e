/**
 * Turns the default export of a user's file into a filter definition.
 *
 * @module
 */

import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { plainFilter } from "../../lib/filter/filter_keys.ts";
import { InvalidFilterError } from "../../lib/filter/validate.ts";
import { FilterFileError } from "./filter_file_error.ts";
import { validateDefinition } from "./validate_definition.ts";

/** A filter definition from a file. */
export interface FileDefinition extends FilterDefinition {
  /** The file as named after `--filter`. */
  readonly file: string;
}

/** What to export, for error messages. */
const WANTED = "want export default defineFilter({ name: …, … })";

/**
 * Makes a filter definition from a file's default export.
 *
 * @param name the file as named after `--filter`
 * @param module its exports
 * @throws {FilterFileError} `filter-file-export` if the export is neither
 */
export function definitionOfExport(
  name: string,
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
  if (Object.keys(exported).length === 0 && Object.getPrototypeOf(exported) === Object.prototype) {
    return fail(exported, `its default export is an empty object; ${WANTED}`);
  }
  try {
    validateDefinition(exported);
    return { ...plainFilter(exported), file: name };
  } catch (error) {
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
