// JSR and npm offer the same library under the same names.
// Runs once: no runtime takes part.
import assert from "node:assert/strict";
import { test } from "node:test";
import deno from "../../deno.json" with { type: "json" };
import checkout from "../../package.json" with { type: "json" };
import { npmManifest } from "../../scripts/package/manifest.ts";

test("JSR, npm, a checkout and its import map have the same entries under the same name", () => {
  const { name, exports } = npmManifest(deno) as { name: string; exports: Record<string, unknown> };
  assert.equal(deno.name, `@milterkit/${name}`);
  assert.equal(checkout.name, name);
  const entries = Object.keys(deno.exports);
  // Tools ask for package.json, which JSR has no use for.
  assert.deepEqual(Object.keys(exports).filter((entry) => entry !== "./package.json"), entries);
  assert.deepEqual(checkout.exports, deno.exports);
  const imported = Object.entries(deno.exports).map(([entry, path]) => [entry.replace(".", name), path]);
  assert.deepEqual(deno.imports, Object.fromEntries(imported));
});
