/**
 * Generates the software bill of materials (SBOM) of an executable, as CycloneDX 1.6 in JSON.
 *
 * @module
 */

import type { Component } from "./components.ts";

/**
 * Returns the SBOM's text.
 *
 * @param version Milterkit's version
 * @param date the date of the release
 * @param components the third-party components in the executable
 */
export function billOfMaterials(version: string, date: Date, components: readonly Component[]): string {
  const purl = `pkg:generic/milterkit@${version}`;
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: date.toISOString(),
      component: {
        type: "application",
        "bom-ref": purl,
        name: "milterkit",
        version,
        licenses: [{ license: { id: "MIT" } }],
        purl,
      },
    },
    components: components.map(describe),
    dependencies: [
      { ref: purl, dependsOn: components.map(purlOf) },
      ...components.map((component) => ({ ref: purlOf(component) })),
    ],
  };
  return JSON.stringify(bill, null, 2) + "\n";
}

function describe(component: Component) {
  const { name, version, license, sha512, part } = component;
  const [group, own] = name.includes("/") ? name.split("/") : [undefined, name];
  return {
    type: part === "runtime" ? "platform" : "library",
    "bom-ref": purlOf(component),
    ...(group ? { group } : {}),
    name: own,
    version,
    hashes: [{ alg: "SHA-512", content: sha512 }],
    licenses: [{ license: { id: license } }],
    purl: purlOf(component),
    properties: [{ name: "milterkit:part", value: part }],
  };
}

function purlOf({ name, version }: Component): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
