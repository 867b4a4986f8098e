/**
 * Compiles the executable, `dist/milterkit`, with Bun.
 *
 *     deno task compile [--target bun-linux-arm64] [--outfile dist/milterkit]
 */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileProgram } from "./compile_program.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    outfile: { type: "string", default: "dist/milterkit" },
  },
});

const outfile = resolve(root, values.outfile);
const started = performance.now();
try {
  compileProgram({ outfile, target: values.target });
} catch (error) {
  // The message says what is wrong; a stack trace of this script would not help.
  process.stderr.write(`Cannot make ${values.outfile}: ${(error as Error).message}\n`);
  process.exit(1);
}
const { size } = statSync(outfile);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(`${values.outfile}: ${(size / 1e6).toFixed(1)} MB, ${seconds} s\n`);
