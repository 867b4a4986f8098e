// The script that makes the executable.
// Runs once: on Deno the script makes the executable that all other tests use.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { run, runOrThrow } from "../support/process.ts";
import { programCommand } from "../support/runtime.ts";

test("--outfile may be anywhere", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-outfile-"));
  try {
    const outfile = join(folder, "bin", "milterkit");
    const script = fileURLToPath(new URL("../../scripts/compile.ts", import.meta.url));
    const env = process.env as Record<string, string>;
    const { code, stdout, stderr } = await run(programCommand(script, "--outfile", outfile), {
      env,
      cwd: folder,
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\/.*\/bin\/milterkit: [\d.]+ MB, [\d.]+ s\n$/);
    assert.equal(await runOrThrow([outfile, "--version"]), `milterkit ${config.version}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
