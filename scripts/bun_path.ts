/** Finds the Bun that its npm package installed. */

import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * Returns the path of the Bun executable.
 *
 * @throws {Error} when the package is not installed
 */
export function bunPath(): string {
  // The package uses this file name on every system.
  const path = fileURLToPath(new URL("../node_modules/bun/bin/bun.exe", import.meta.url));
  if (existsSync(path)) return path;
  throw new Error(
    `Cannot find Bun at ${path}: run "npx -y deno@2.9.6 install" (on ${process.platform}) first`,
  );
}
