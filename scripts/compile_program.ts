/**
 * Compiles the executable with Bun.
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

/** Options of the compilation. */
export interface CompileSettings {
  /** The absolute path of the executable. */
  readonly outfile: string;
  /** The target, such as `bun-linux-arm64`; undefined: this machine. */
  readonly target?: string | undefined;
  /** The path of the target's Bun; if undefined, the compiler downloads it. */
  readonly runtime?: string | undefined;
}

/**
 * Compiles the command line into one executable. The build is reproducible.
 *
 * @throws {Error} with the compiler's output
 */
export function compileProgram({ outfile, target, runtime }: CompileSettings): void {
  mkdirSync(dirname(outfile), { recursive: true });
  const args = bunCompileArguments("cli/main.ts", outfile, { target, runtime, embedded: [modulesFile()] });
  const { status, stdout, stderr } = spawnSync(bunPath(), args, { cwd: root, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`${stdout}${stderr}Cannot compile: bun ${args.join(" ")} ended with ${status}`);
  }
}

/** The path of the files for `milterkit new`. It is constant, as the compiler writes it into the executable. */
function modulesFile(): string {
  const folder = join(root, "dist/compile");
  mkdirSync(folder, { recursive: true });
  const own = mkdtempSync(join(folder, "modules-"));
  try {
    const file = writeModules(packNpm(own), own);
    const place = join(folder, "new_modules.json.gz");
    // Another compiler may be using the existing file.
    renameSync(file, place);
    return place;
  } finally {
    rmSync(own, { recursive: true });
  }
}
