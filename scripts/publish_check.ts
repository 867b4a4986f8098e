/**
 * Checks that Milterkit can be published on JSR, and on npm as a package for Node, Bun and Deno.
 *
 *     deno task publish:check
 *
 * Builds the npm package, dist/npm/milterkit-VERSION.tgz, and tests it. Publishes nothing. Exits with 1 on any failure.
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { consumersOf } from "./package/consumers.ts";
import { denoCommand } from "./package/deno_command.ts";
import { type NpmPackage, packNpm } from "./package/pack.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let failed = false;

await step("JSR: dry run", () => {
  const [command, ...args] = denoCommand();
  const { status, stdout, stderr } = spawnSync(
    command,
    [...args, "publish", "--dry-run", "--allow-dirty"],
    { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
  );
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
});
let npm: NpmPackage | undefined;
await step("npm: the package is made", () => void (npm = packNpm(`${root}dist/npm`)));
if (npm) {
  const consumers = await consumersOf(npm);
  try {
    for (const { what, run } of consumers.steps) await step(what, run);
  } finally {
    consumers.close();
  }
  if (!failed) process.stdout.write(`${npm.archive}\n`);
}
process.exit(failed ? 1 : 0);

async function step(what: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
    process.stdout.write(`ok      ${what}\n`);
  } catch (error) {
    failed = true;
    process.stdout.write(`FAILED  ${what}\n${(error as Error).message}\n`);
  }
}
