/**
 * Makes the executable with Bun's compiler.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bunCompileArguments } from "./bun_compile.ts";
import { bunPath } from "./bun_path.ts";
import { writeModules } from "./package/modules.ts";
import { packNpm } from "./package/pack.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What to compile for. */
export interface CompileSettings {
  /** Where the executable goes: an absolute path. */
  readonly outfile: string;
  /** Such as `bun-linux-arm64`, where it is not for this machine. */
  readonly target?: string | undefined;
  /** The target's own Bun, where the compiler should not fetch it itself. */
  readonly runtime?: string | undefined;
}

/**
 * Compiles the command line into one executable. Made of the same sources twice, it is the same.
 *
 * @throws {Error} with what the compiler says
 */
export function compileProgram({ outfile, target, runtime }: CompileSettings): void {
  mkdirSync(dirname(outfile), { recursive: true });
  const args = bunCompileArguments("cli/main.ts", outfile, { target, runtime, embedded: [modulesFile()] });
  const { status, stdout, stderr } = spawnSync(bunPath(), args, { cwd: root, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`${stdout}${stderr}Cannot compile: bun ${args.join(" ")} ended with ${status}`);
  }
}

/** The path of what `milterkit new` needs. It is always the same one, since the compiler writes it into the executable. */
function modulesFile(): string {
  const folder = join(root, "dist/compile");
  mkdirSync(folder, { recursive: true });
  const own = mkdtempSync(join(folder, "modules-"));
  try {
    const file = writeModules(packNpm(own), own);
    const place = join(folder, "new_modules.json.gz");
    // Another compiler may be at work with the one that is there.
    renameSync(file, place);
    return place;
  } finally {
    rmSync(own, { recursive: true });
  }
}
