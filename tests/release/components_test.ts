// The bill of materials: what sources import, and what that imports, is in it with the versions of the lock file.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import config from "../../deno.json" with { type: "json" };
import { components } from "../../scripts/release/components.ts";
import { billOfMaterials } from "../../scripts/release/sbom.ts";
import { thirdParty } from "../../scripts/release/third_party.ts";
import { present } from "../support/present.ts";

const root = new URL("../../", import.meta.url);
const lock: { npm: Record<string, { integrity: string; dependencies?: string[] }> } = JSON.parse(
  readFileSync(new URL("deno.lock", root), "utf8"),
);
const found = components(["@oven/bun-linux-x64", "@oven/bun-linux-aarch64"]);

/** The packages that sources of the executable import, by the word they say. */
function imported(): Set<string> {
  const names = new Set<string>();
  for (const folder of ["cli", "lib", "filters"]) {
    for (const entry of readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const source = readFileSync(`${entry.parentPath}/${entry.name}`, "utf8");
      for (
        const [, name = ""] of source.matchAll(
          /^(?:import|export)\b[^;`]*?from "(@[\w-]+\/[\w-]+|[\w-]+)[/"]/gm,
        )
      ) names.add(name);
    }
  }
  // The library by its own name stands in what `milterkit new` writes.
  names.delete("milterkit");
  return names;
}

/** Keys of the lock file of these packages, and of what they depend on. */
function locked(names: Iterable<string>): Set<string> {
  const keys = new Set<string>();
  for (const name of names) {
    const [key, { dependencies = [] }] = present(
      Object.entries(lock.npm).find(([key]) => key === name || key.startsWith(`${name}@`)),
      `${name} in deno.lock`,
    );
    for (const more of [key, ...locked(dependencies)]) keys.add(more);
  }
  return keys;
}

test("every package of the lock file that is compiled in is listed, and what goes along", () => {
  const program = found.filter(({ part }) => part === "program").map(({ name, version }) =>
    `${name}@${version}`
  );
  assert.deepEqual(program.sort(), [...locked(imported())].sort());
  const others = found.filter(({ part }) => part !== "program").map(({ name }) => name);
  assert.deepEqual(others, ["@oven/bun-linux-aarch64", "@oven/bun-linux-x64", "@types/node", "undici-types"]);
});

test("each has a licence, and the checksum that npm has", () => {
  for (const { name, version, license, licenseText, sha512, part } of found) {
    assert.match(license, /^(MIT|BSD-3-Clause|Apache-2\.0|ISC)$/);
    assert.equal(
      `sha512-${btoa(String.fromCharCode(...sha512.match(/../g)!.map((hex) => parseInt(hex, 16))))}`,
      lock.npm[`${name}@${version}`]?.integrity,
    );
    if (part !== "runtime") assert.ok(licenseText!.length > 500, name);
    assert.ok(thirdParty(found).includes(`## ${name} ${version}\n`));
  }
});

test("the bill names them as CycloneDX does", () => {
  const bill = JSON.parse(billOfMaterials(config.version, new Date(0), found));
  assert.deepEqual([bill.bomFormat, bill.specVersion, bill.metadata.component.version], [
    "CycloneDX",
    "1.6",
    config.version,
  ]);
  assert.deepEqual(
    bill.components.map(({ purl }: { purl: string }) => purl),
    found.map(({ name, version }) => `pkg:npm/${name.replace("@", "%40")}@${version}`),
  );
  assert.equal(
    new Set(bill.components.map((component: Record<string, string>) => component["bom-ref"])).size,
    found.length,
  );
  assert.deepEqual(bill.dependencies[0].dependsOn, bill.components.map(({ purl }: { purl: string }) => purl));
});
