/**
 * Packs the modules that the executable contains for `milterkit new`: the library as on npm, and the runtimes' types.
 *
 * @module
 */

import { readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { NpmPackage } from "./pack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Writes the archive: JSON of texts by their path in `node_modules`, gzipped.
 *
 * @param npm the library
 * @param folder where the archive goes
 * @returns its path
 */
export function writeModules(npm: NpmPackage, folder: string): string {
  const texts: Record<string, string> = {};
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (const [path, bytes] of npm.files) texts[`milterkit/${path}`] = decoder.decode(bytes);
  // These two stand in the same node_modules, also where the one in ours is a link.
  const nodeTypes = realpathSync(join(root, "node_modules/@types/node"));
  addFolder(texts, "@types/node", nodeTypes);
  addFolder(texts, "undici-types", realpathSync(join(dirname(dirname(nodeTypes)), "undici-types")));
  const file = join(folder, "new_modules.json.gz");
  writeFileSync(file, gzipSync(JSON.stringify(texts), { level: 9 }));
  return file;
}

function addFolder(texts: Record<string, string>, name: string, folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    texts[`${name}/${relative(folder, path)}`] = readFileSync(path, "utf8");
  }
}
