/** The command that runs Deno from scripts, under any runtime. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import type { Argv } from "../../tests/support/process.ts";

/** Returns the words before Deno's arguments: the path of this Deno, the one in PATH, or its npm package. */
export function denoCommand(): Argv {
  if (process.versions.deno) return [process.execPath];
  const path = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "deno")).find(
    existsSync,
  );
  return path ? [path] : ["npx", "-y", "deno@2.9.6"];
}
