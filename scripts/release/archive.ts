/**
 * Builds the release archive for a target.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { completionFiles, documentFiles, manualFiles, otherFiles, unitFiles } from "./common_files.ts";
import type { Component } from "./components.ts";
import { type ReleaseFile, textFile } from "./release_file.ts";
import { billOfMaterials } from "./sbom.ts";
import { writeTar } from "./tar.ts";
import type { Target } from "./targets.ts";
import { thirdParty } from "./third_party.ts";
import { writeZip } from "./zip.ts";

/** The contents of an archive. */
export interface Release {
  readonly version: string;
  /** The modification time of all its files. */
  readonly date: Date;
  /** The third-party components in the executable. */
  readonly components: readonly Component[];
  readonly executable: Uint8Array;
}

/**
 * Builds an archive.
 *
 * @returns its name and its bytes
 */
export function makeArchive(target: Target, release: Release): { name: string; bytes: Uint8Array } {
  const { version, date } = release;
  const folder = `milterkit-${version}-${target.name}`;
  const files = contents(target, release).map((file) => ({ ...file, path: `${folder}/${file.path}` }));
  return target.format === "pe"
    ? { name: `${folder}.zip`, bytes: writeZip(files, date) }
    : { name: `${folder}.tar.gz`, bytes: gzipSync(writeTar(files, date), { level: 9 }) };
}

/** Returns its files, with paths relative to the folder that the archive unpacks to. */
function contents(target: Target, { version, date, components, executable }: Release): ReleaseFile[] {
  const completions = completionFiles();
  const isLinux = target.format === "elf";
  return [
    {
      path: target.format === "pe" ? "bin/milterkit.exe" : "bin/milterkit",
      bytes: executable,
      executable: true,
    },
    ...documentFiles(),
    ...otherFiles(),
    ...inFolder("man", manualFiles(version, date)),
    { ...completions.bash, path: "completions/milterkit.bash" },
    ...inFolder("completions", [completions.zsh, completions.fish]),
    ...(isLinux ? inFolder("systemd", unitFiles()) : []),
    textFile("sbom.cdx.json", billOfMaterials(version, date, components)),
    textFile("THIRD-PARTY.md", thirdParty(components)),
  ];
}

function inFolder(folder: string, files: readonly ReleaseFile[]): ReleaseFile[] {
  return files.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
}
