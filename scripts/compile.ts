/**
 * Makes the executable, `dist/milterkit`, with Bun's compiler.
 *
 *     deno task compile [--target bun-linux-arm64] [--outfile dist/milterkit]
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bunCompileArguments } from "./bun_compile.ts";
import { bunPath } from "./bun_path.ts";
import { writeModules } from "./package/modules.ts";
import { type NpmPackage, packNpm } from "./package/pack.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    outfile: { type: "string", default: "dist/milterkit" },
  },
});

const outfile = resolve(root, values.outfile);
mkdirSync(dirname(outfile), { recursive: true });
const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), "milterkit-compile-"));
const modules = writeModules(packOrExit(), folder);
const args = bunCompileArguments("cli/main.ts", outfile, values.target, [modules]);
const { status, stdout, stderr } = spawnSync(bunPath(), args, { cwd: root, encoding: "utf8" });
rmSync(folder, { recursive: true });
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}Cannot compile: bun ${args.join(" ")} ended with ${status}\n`);
  process.exit(1);
}
const { size } = statSync(outfile);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(`${values.outfile}: ${(size / 1e6).toFixed(1)} MB, ${seconds} s\n`);

/** What is wrong with the library's types is for whoever compiles to see, and not where in this script that was noticed. */
function packOrExit(): NpmPackage {
  try {
    return packNpm(folder);
  } catch (error) {
    rmSync(folder, { recursive: true });
    process.stderr.write(`Cannot compile ${values.outfile}: ${(error as Error).message}\n`);
    process.exit(1);
  }
}
