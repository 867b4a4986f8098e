// The npm package: what is in it, and that programs on Node, Bun and Deno can use it.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import config from "../../deno.json" with { type: "json" };
import { type Consumers, consumersOf } from "../../scripts/package/consumers.ts";
import { type NpmPackage, packNpm } from "../../scripts/package/pack.ts";
import { reachedFiles } from "../../scripts/package/reached.ts";

let folder: string;
let npm: NpmPackage;
let consumers: Consumers;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "milterkit-npm-"));
  npm = packNpm(folder);
  consumers = await consumersOf(npm);
});

after(() => {
  consumers?.close();
  rmSync(folder, { recursive: true });
});

const textOf = (path: string): string => new TextDecoder().decode(npm.files.get(path));

test("it has what its exports reach as JavaScript, and nothing else of the project", () => {
  const root = new URL("../../", import.meta.url).pathname;
  const sources = reachedFiles(root, Object.values(config.exports).map((path) => path.slice(2)));
  assert.ok(sources.includes("lib/server/server.ts") && sources.includes("lib/net/node.ts"));
  assert.ok(sources.includes("lib/auth/dkim/verifier.ts"));
  const scripts = [...npm.files.keys()].filter((path) => path.endsWith(".js"));
  assert.deepEqual(scripts.sort(), sources.map((path) => path.replace(/\.ts$/, ".js")).sort());
  const others = [...npm.files.keys()].filter((path) => !/\.(?:d\.ts|js)$/.test(path));
  assert.deepEqual(others.sort(), ["LICENSE", "README.md", "package.json"]);
});

test("its package.json says what it is", () => {
  const manifest = JSON.parse(textOf("package.json"));
  assert.equal(manifest.name, "milterkit");
  assert.equal(manifest.version, config.version);
  assert.equal(manifest.license, config.license);
  assert.equal(manifest.private, undefined);
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies", "scripts", "bin"]) {
    assert.equal(manifest[kind], undefined, kind);
  }
  assert.deepEqual(Object.keys(manifest.exports), [...Object.keys(config.exports), "./package.json"]);
  for (const subpath of Object.keys(config.exports)) {
    for (const path of Object.values<string>(manifest.exports[subpath])) {
      assert.ok(npm.files.has(path.replace("./", "")), path);
    }
  }
});

test("it imports only its own files and what runtimes have", () => {
  for (const path of npm.files.keys()) {
    if (!/\.(?:js|d\.ts)$/.test(path)) continue;
    for (const [, specifier = ""] of textOf(path).matchAll(/^(?:import|export)\b[^;"]*?"([^"]+)"/gm)) {
      assert.match(
        specifier,
        path.endsWith(".js") ? /^(?:node:|\.{1,2}\/.*\.js$)/ : /^\.{1,2}\/.*\.js$/,
        path,
      );
    }
  }
});

test("examples in its types import it by its name", () => {
  assert.match(textOf("lib/server/server.d.ts"), /\* import \{ reject, serve \} from "milterkit";/);
  assert.match(textOf("lib/testing.d.ts"), /\* import \{ deliver \} from "milterkit\/testing";/);
  assert.match(textOf("lib/auth/author.d.ts"), /\* import \{ authorDomains \} from "milterkit\/auth";/);
  for (const path of npm.files.keys()) assert.doesNotMatch(textOf(path), /\* import .*\.ts"/, path);
});

test("programs install it and use it", { timeout: 180_000 }, async () => {
  assert.ok(consumers.steps.length >= 8);
  const failures: string[] = [];
  for (const { what, run } of consumers.steps) {
    await run().catch((error) => failures.push(`${what}: ${error.message}`));
  }
  assert.equal(failures.join("\n"), "");
});
