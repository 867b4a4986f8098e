/**
 * All places where keys are: a folder, and individually named files. Reads them, and detects changes.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { readdirSync, type Stats, statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemErrorText } from "../../../lib/system_errors.ts";
import { ANY_DOMAIN, type KeyArgument } from "./key_argument.ts";
import { type KeyFile, KeyFileError, readKeyFile } from "./key_file.ts";
import { readKeyFolder } from "./key_folder.ts";
import { asciiName } from "./names.ts";
import { folderWarning } from "./permissions.ts";

/** The keys that were read, and what is unsafe about where they are. */
export interface ReadKeys {
  readonly keys: readonly KeyFile[];
  readonly warnings: readonly string[];
}

/** A file of a domain, found by a path with `%`. */
interface Found {
  readonly domain: string;
  readonly path: string;
}

/** Reads keys repeatedly; an unchanged file is read only once. */
export class KeySources {
  readonly #folder: string | undefined;
  readonly #named: readonly KeyArgument[];
  #known = new Map<string, { readonly stamp: string; readonly file: KeyFile }>();

  /**
   * @param folder a folder with a folder for each domain; undefined if there is none
   * @param named individually named files
   */
  constructor(folder: string | undefined, named: readonly KeyArgument[]) {
    this.#folder = folder;
    this.#named = named;
  }

  /**
   * Reads all keys.
   *
   * @throws {KeyFileError} if one cannot be used, or a folder has none
   */
  read(): ReadKeys {
    const known = new Map<string, { readonly stamp: string; readonly file: KeyFile }>();
    const readOne: typeof readKeyFile = (path, domain, selector) => {
      const stamp = stampOf(path);
      const name = [path, domain, selector].join("\0");
      const before = this.#known.get(name);
      const file = before !== undefined && before.stamp === stamp
        ? before.file
        : readKeyFile(path, domain, selector);
      known.set(name, { stamp, file });
      return file;
    };
    const { keys, warnings } = this.#folder === undefined
      ? { keys: [], warnings: [] }
      : readKeyFolder(this.#folder, readOne);
    if (this.#folder !== undefined && keys.length === 0) {
      throw new KeyFileError(
        this.#folder,
        "there is no key in it; want DOMAIN/SELECTOR.pem, see milterkit dkim keygen",
      );
    }
    const named = this.#named.flatMap((argument) => {
      const { selector } = argument;
      return filesOf(argument).map(({ domain, path }) => readOne(path, domain, selector));
    });
    this.#known = known;
    return { keys: [...keys, ...named], warnings: [...warnings, ...parentWarnings(named)] };
  }

  /**
   * A text that changes if a file or folder is changed, added or removed. It does not depend on their content, and
   * includes places that cannot be read.
   */
  async fingerprint(): Promise<string> {
    const hash = createHash("sha256");
    if (this.#folder !== undefined) {
      await addEntry(hash, this.#folder);
      for (const name of await addFolder(hash, this.#folder)) {
        await addFolder(hash, join(this.#folder, name));
      }
    }
    for (const argument of this.#named) {
      const place = placeOf(argument);
      if (place === undefined) await addEntry(hash, argument.path);
      else {
        for (const name of await addFolder(hash, place.folder)) {
          if (place.rest !== "") await addEntry(hash, join(place.folder, name, place.restFor(name)));
        }
      }
    }
    return hash.digest("base64");
  }
}

/** Adds what is known of the entries of a folder, and returns their names. */
async function addFolder(hash: Hash, path: string): Promise<readonly string[]> {
  let names: string[];
  try {
    names = (await readdir(path)).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    hash.update(`${path} ${(error as { readonly code?: string }).code}\n`);
    return [];
  }
  for (const name of names) await addEntry(hash, join(path, name));
  return names;
}

async function addEntry(hash: Hash, path: string): Promise<void> {
  let text: string;
  try {
    text = textOf(await stat(path));
  } catch (error) {
    text = String((error as { readonly code?: string }).code);
  }
  hash.update(`${path} ${text}\n`);
}

function stampOf(path: string): string {
  try {
    return textOf(statSync(path));
  } catch {
    return "";
  }
}

function textOf({ mode, uid, gid, size, ino, mtimeMs, ctimeMs }: Stats): string {
  return [mode, uid, gid, size, ino, mtimeMs, ctimeMs].join(" ");
}

/** The file that an argument names, or all those that fit its `%`. */
function filesOf(argument: KeyArgument): readonly Found[] {
  const place = placeOf(argument);
  if (place === undefined) return [argument];
  let names: string[];
  try {
    names = readdirSync(place.folder).sort();
  } catch (error) {
    throw new KeyFileError(place.folder, systemErrorText(error, { ENOENT: "there is no such folder" }));
  }
  const found = names.flatMap((name) => {
    const text = place.domainIn(name);
    const domain = text === undefined ? undefined : asciiName(text);
    if (domain === undefined) return [];
    const path = place.rest === "" ? join(place.folder, name) : join(place.folder, name, place.restFor(name));
    return stampOf(path) === "" ? [] : [{ domain, path }];
  });
  if (found.length === 0) throw new KeyFileError(argument.path, "no file has a domain in place of its %");
  return found;
}

/** Where files that fit a path with `%` are. */
interface Place {
  /** The folder above the first part of the path with `%`. */
  readonly folder: string;
  /** What follows that part; empty if it is the file itself. */
  readonly rest: string;
  /** What a name in the folder has in place of `%`; undefined if it does not match. */
  domainIn(name: string): string | undefined;
  /** The rest for the domain in a name. */
  restFor(name: string): string;
}

function placeOf({ domain, path }: KeyArgument): Place | undefined {
  if (domain !== ANY_DOMAIN || !path.includes("%")) return undefined;
  const parts = path.split("/");
  const at = parts.findIndex((part) => part.includes("%"));
  const [first = "", ...more] = (parts[at] ?? "").split("%");
  const last = more.join("%");
  const rest = parts.slice(at + 1).join("/");
  const domainIn = (name: string): string | undefined => {
    const fits = name.length > first.length + last.length && name.startsWith(first) && name.endsWith(last);
    return fits && !name.startsWith(".") ? name.slice(first.length, name.length - last.length) : undefined;
  };
  return {
    folder: parts.slice(0, at).join("/") || (path.startsWith("/") ? "/" : "."),
    rest,
    domainIn,
    restFor: (name) => rest.replaceAll("%", domainIn(name) ?? ""),
  };
}

function parentWarnings(files: readonly KeyFile[]): readonly string[] {
  const parents = new Set(files.map(({ path }) => dirname(path)));
  return [...parents].flatMap((path) => folderWarning(path, statSync(path)) ?? []);
}
