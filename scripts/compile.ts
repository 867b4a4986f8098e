/**
 * Makes the executable, `dist/milterkit`, with Bun's compiler.
 *
 *     deno task compile [--target bun-linux-arm64] [--outfile dist/milterkit]
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bunCompileArguments } from "./bun_compile.ts";
import { bunPath } from "./bun_path.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    outfile: { type: "string", default: "dist/milterkit" },
  },
});

mkdirSync(new URL(`../${dirname(values.outfile)}`, import.meta.url), { recursive: true });
const started = performance.now();
const args = bunCompileArguments("cli/main.ts", values.outfile, values.target);
const { status, stdout, stderr } = spawnSync(bunPath(), args, { cwd: root, encoding: "utf8" });
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}Cannot compile: bun ${args.join(" ")} ended with ${status}\n`);
  process.exit(1);
}
const { size } = statSync(new URL(`../${values.outfile}`, import.meta.url));
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(`${values.outfile}: ${(size / 1e6).toFixed(1)} MB, ${seconds} s\n`);
