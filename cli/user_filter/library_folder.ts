/**
 * Puts the library into a folder's `node_modules`, for tests and editors: as files that the executable contains, or as
 * a link to the checkout that this runs from.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** A file that Bun's compiler put into the executable. */
type EmbeddedFile = Blob & { readonly name: string };

/** Links that are made when this runs from a checkout: name in `node_modules`, and target in the checkout. */
const LINKS = { "milterkit": ".", "@types/node": "node_modules/@types/node" };

/**
 * Puts the library into a folder's `node_modules`. Does not touch packages that are there already.
 *
 * @param folder the folder
 */
export async function addLibrary(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  const texts = await embeddedTexts();
  if (texts) writePackages(modules, texts);
  else linkPackages(modules);
}

/**
 * Puts the library back into a folder whose `package.json` asks for it, if it is missing.
 *
 * @param folder the folder
 * @returns whether it was missing
 */
export async function restoreLibrary(folder: string): Promise<boolean> {
  if (!asksForLibrary(folder) || hasLibrary(folder)) return false;
  await addLibrary(folder);
  return true;
}

/** Whether the library is in the `node_modules` of a folder or of a folder above it. */
export function hasLibrary(folder: string): boolean {
  const above = dirname(folder);
  const here = existsSync(join(folder, "node_modules/milterkit/package.json"));
  return here || (above !== folder && hasLibrary(above));
}

function asksForLibrary(folder: string): boolean {
  try {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return "milterkit" in { ...dependencies, ...devDependencies };
  } catch {
    // There is no package.json, or it is not valid.
    return false;
  }
}

/** The files that the executable contains, by path in `node_modules`; undefined in a checkout. */
async function embeddedTexts(): Promise<Record<string, string> | undefined> {
  const { Bun } = globalThis as { Bun?: { readonly embeddedFiles: readonly EmbeddedFile[] } };
  const archive = Bun?.embeddedFiles.find(({ name }) => name.includes("new_modules"));
  return archive && JSON.parse(gunzipSync(await archive.arrayBuffer()).toString());
}

function writePackages(modules: string, texts: Record<string, string>): void {
  const present = new Map<string, boolean>();
  for (const [path, text] of Object.entries(texts)) {
    const name = path.split("/", path.startsWith("@") ? 2 : 1).join(sep);
    if (!present.has(name)) present.set(name, existsSync(join(modules, name)));
    if (present.get(name)) continue;
    const file = join(modules, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function linkPackages(modules: string): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  for (const [name, source] of Object.entries(LINKS)) {
    const target = join(root, source);
    const link = join(modules, name);
    if (!existsSync(target) || existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(target), link, "junction");
  }
}
