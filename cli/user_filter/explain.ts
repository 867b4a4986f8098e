/**
 * Explains why a file could not be loaded, in the same words on every runtime.
 *
 * @module
 */

import { nearest } from "../../lib/options/nearest.ts";
import { FilterFileError } from "./filter_file_error.ts";
import { importsOf, reachableFiles, targetOf, textOf, type WrittenImport } from "./imports.ts";
import { LIBRARY_NAMES, libraryExports } from "./library.ts";
import { pathOf, type Place, placeAt, placeInStack, placeOfThrow, showFile } from "./place.ts";

/** Where Bun's compile errors have their place. */
interface BunPosition {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/**
 * Makes an error that says why a file could not be loaded, and where.
 *
 * @param name the file as named after `--filter`
 * @param file its absolute path
 * @param error what the runtime threw
 */
export async function explainLoadError(name: string, file: string, error: unknown): Promise<FilterFileError> {
  const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  if (!(first instanceof Error) && !isBunMessage(first)) return threw(name, file, first);
  const message = plain(String((first as Error).message));
  return await missingImport(name, file, message) ??
    await missingExport(name, file, message) ??
    syntaxError(name, file, first as Error, message) ??
    threw(name, file, first);
}

/** Bun's BuildMessage and ResolveMessage are not always instances of Error. */
function isBunMessage(error: unknown): boolean {
  return /^(?:Build|Resolve)Message$/.test((error as Error | null)?.name ?? "");
}

// ---- imports

/** The runtimes' messages for an import that cannot be resolved. */
const MISSING = [
  // Bun
  /^Cannot find (?:module|package) '(?<specifier>[^']+)' imported from (?<importer>.+)$/,
  /^(?:Could not resolve:|ENOENT reading) "(?<specifier>[^"]+)"/,
  // Deno
  /^Module not found "(?<target>[^"]+)"/,
  /^Import "(?<specifier>[^"]+)" not a dependency/,
  /^No such built-in module: (?<specifier>\S+)/,
  /^\[ERR_UNSUPPORTED_DIR_IMPORT\] Directory import '(?<target>[^']+)'/,
  /^(?:Relative import path|Unsupported scheme|Import) "(?<specifier>[^"]+)"/,
];

async function missingImport(
  name: string,
  file: string,
  message: string,
): Promise<FilterFileError | undefined> {
  const found = MISSING.map((pattern) => pattern.exec(message)).find(Boolean)?.groups;
  if (!found) return undefined;
  // Each pattern has a specifier or a target.
  const { specifier: named = "", target, importer } = found;
  const written = reachableFiles(file).flatMap(importsOf).find((each) =>
    target === undefined
      ? each.specifier === importedName(named, importer)
      : targetOf(each.place.file, each.specifier) === pathOf(target)
  );
  const specifier = written?.specifier ?? (target === undefined ? named : pathOf(target));
  const place = written?.place ?? placeAtEnd(message);
  const what = `{} imports ${JSON.stringify(specifier)}`;
  const reason = (place ? what : what.replace("{} ", "it ")) + `, ${await whyMissing(specifier)}`;
  return new FilterFileError(name, "filter-file-import", specifier, reason, place);
}

/** Bun's message names only the package when a path inside it was imported. */
function importedName(specifier: string, importer: string | undefined): string {
  if (importer === undefined) return specifier;
  const imports = importsOf(importer).map((each) => each.specifier)
    .filter((each) => !LIBRARY_NAMES.includes(each));
  if (imports.includes(specifier)) return specifier;
  return imports.find((each) => each.startsWith(`${specifier}/`)) ?? specifier;
}

async function whyMissing(specifier: string): Promise<string> {
  if (/^(\.{0,2}\/|file:)/.test(specifier)) return "and there is no such file";
  if (specifier.startsWith("node:")) return "which does not exist";
  if (/^@?milterkit\b/.test(specifier)) {
    return `which does not exist; did you mean "${nearest(specifier, LIBRARY_NAMES)}"?`;
  }
  if (/^[a-z]+:/.test(specifier)) return "which cannot be loaded";
  const { builtinModules } = await import("node:module");
  return builtinModules.includes(specifier)
    ? `a module of the runtime; write "node:${specifier}"`
    : "a package that is not installed";
}

// ---- exports

/** The runtimes' messages for a name that a module does not export. */
const NO_EXPORT = [
  // Bun
  /^Export named '(?<word>[^']+)' not found in module '(?<module>[^']+)'/,
  /^module '(?<module>[^']+)' does not have an export named '(?<word>[^']+)'/,
  /^Missing '(?<word>default)' export in module '(?<module>[^']+)'/,
  // Deno
  /^The requested module '(?<module>[^']+)' does not provide an export named '(?<word>[^']+)'/,
];

async function missingExport(
  name: string,
  file: string,
  message: string,
): Promise<FilterFileError | undefined> {
  const found = NO_EXPORT.map((pattern) => pattern.exec(message)).find(Boolean)?.groups;
  if (!found) return undefined;
  const { word = "", module = "" } = found;
  const written = reachableFiles(file).flatMap(importsOf).find((each) => imports(each, word, module));
  const specifier = written?.specifier ?? showFile(pathOf(module));
  const known = await libraryExports(specifier);
  const hint = known.length > 0 ? `; did you mean "${nearest(word, known)}"?` : "";
  const what = word === "default"
    ? `imports ${JSON.stringify(specifier)}, which has no default export`
    : `imports ${JSON.stringify(word)} from ${JSON.stringify(specifier)}, which has no such export`;
  const place = placeAtEnd(message) ?? written?.placeOf(word) ?? written?.place;
  const reason = place ? `{} ${what}` : `it ${what}`;
  return new FilterFileError(name, "filter-file-import", word, reason + hint, place);
}

/** Whether an import names this word and this module: Deno's messages have its specifier, Bun's its path. */
function imports({ specifier, place, placeOf }: WrittenImport, word: string, module: string): boolean {
  const same = specifier === module || targetOf(place.file, specifier) === pathOf(module);
  return same && placeOf(word) !== undefined;
}

// ---- syntax

function syntaxError(
  name: string,
  file: string,
  error: Error,
  message: string,
): FilterFileError | undefined {
  const { position, sourceURL } = error as Error & { position?: BunPosition | null; sourceURL?: string };
  if (/^Attempted to load JSON module without/.test(message)) {
    const reason =
      `syntax error at {}: import JSON like this: import data from "./data.json" with { type: "json" }`;
    return new FilterFileError(name, "filter-file-syntax", file, reason, placeAtEnd(message) ?? { file });
  }
  const fromCompiler = error.name === "BuildMessage" || message.startsWith("SyntaxError: ");
  // A SyntaxError that the file's own code caused, such as in JSON.parse, has a stack that leads there.
  const own = placeOfThrow(error);
  const placed = placeAtEnd(message);
  if (!fromCompiler && (error.name !== "SyntaxError" || (own && !placed))) return undefined;
  if (/JSON/.test(message) && !placed && !position) return badJson(name, file, message);
  const place = position?.file
    ? { file: position.file, line: position.line, column: position.column }
    : placed ?? placeOfRegExp(sourceURL ? pathOf(sourceURL) : file, message);
  const reason = message.replace(/^SyntaxError: /, "").replace(/\n[^]*/, "").replace(/ at file:\/\/\S+$/, "");
  return new FilterFileError(name, "filter-file-syntax", place.file, `syntax error at {}: ${reason}`, place);
}

/**
 * The place of an invalid regular expression. Bun counts lines in its compiled output, so this tries everything in the
 * file that looks like a regular expression, until one fails with the same message.
 */
function placeOfRegExp(file: string, message: string): Place {
  const text = textOf(file);
  for (
    const { 1: source = "", 2: flags, index } of text.matchAll(
      /\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+)\/([a-z]*)/g,
    )
  ) {
    try {
      new RegExp(source, flags);
    } catch (error) {
      if ((error as Error).message === message) return placeAt(file, text, index);
    }
  }
  return { file };
}

/** Finds the invalid JSON file among the imported ones by parsing each: the message does not name it. */
function badJson(name: string, file: string, message: string): FilterFileError {
  const bad = reachableFiles(file).filter((each) => each.endsWith(".json")).find((each) => {
    try {
      return JSON.parse(textOf(each)) === undefined;
    } catch {
      return true;
    }
  });
  const reason = message.replace(/^JSON Parse error: /, "").replace(/\s+/g, " ");
  return new FilterFileError(name, "filter-file-syntax", bad ?? file, `syntax error at {}: ${reason}`, {
    file: bad ?? file,
  });
}

// ---- the rest

function threw(name: string, file: string, error: unknown): FilterFileError {
  const place = placeOfThrow(error) ?? { file };
  const text = error instanceof Error
    ? (error.name === "Error" ? error.message : `${error.name}: ${error.message}`)
    : String(error);
  return new FilterFileError(name, "filter-file-threw", error, `it threw at {}: ${plain(text)}`, place);
}

/** The place at the end of Deno's messages, ` at file:///a.ts:1:2`, on the last line or on one of its own. */
function placeAtEnd(message: string): Place | undefined {
  const found = /\bat (file:\/\/\S+:\d+:\d+)\s*$/.exec(message);
  return found ? placeInStack(`at ${found[1]}`) : undefined;
}

/** Removes colours. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- colours begin with ESC
  return text.replace(/\x1b\[[\d;]*m/g, "");
}
