// The files in the docs are right.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfiguration } from "../../cli/config/configuration.ts";

for (const [page, count] of [["configuration.md", 3], ["greylisting.md", 1]] as const) {
  test(`every TOML file in docs/${page} can be used`, async () => {
    const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
    const files = [...text.matchAll(/```toml\n(.*?)```/gs)].map(([, toml = ""]) => toml);
    assert.equal(files.length, count);
    const folder = mkdtempSync(join(tmpdir(), "milterkit-config-docs-"));
    try {
      for (const [i, toml] of files.entries()) {
        const path = join(folder, `${i}.toml`);
        writeFileSync(path, toml);
        assert.ok((await readConfiguration(path)).listeners.length > 0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
