// The files in the docs are right.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfiguration } from "../../cli/config/configuration.ts";

for (
  const [page, count] of [["configuration", 3], ["greylisting", 1], ["rate-limit", 1], ["rules", 2]] as const
) {
  test(`every TOML file in docs/${page}.md can be used`, () => canBeUsed(page, count));
}

async function canBeUsed(page: string, count: number): Promise<void> {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), "utf8");
  const files = [...text.matchAll(/^( *)```toml\n(.*?)```/gms)].map(([, , toml = ""]) => toml);
  assert.equal(files.length, count);
  const folder = mkdtempSync(join(tmpdir(), "milterkit-config-docs-"));
  try {
    for (const [i, toml] of files.entries()) {
      const path = join(folder, `${i}.toml`);
      // Some show a filter only.
      writeFileSync(path, toml.startsWith("[[filter]]") ? `listen = "inet:8891@localhost"\n${toml}` : toml);
      assert.ok((await readConfiguration(path)).listeners.length > 0);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
