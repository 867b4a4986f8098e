/** How Deno is run from scripts, whichever runtime runs them. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import type { Argv } from "../../tests/support/process.ts";

/** The words before Deno's arguments: its own path, one that PATH has, or npm's package of it. */
export function denoCommand(): Argv {
  if (process.versions.deno) return [process.execPath];
  const path = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "deno")).find(
    existsSync,
  );
  return path ? [path] : ["npx", "-y", "deno@2.9.6"];
}
