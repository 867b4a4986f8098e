/**
 * Lists the files that the Debian package installs.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Release } from "../archive.ts";
import {
  completionFiles,
  configurationFile,
  documentFiles,
  manualFiles,
  unitFiles,
} from "../common_files.ts";
import { type ReleaseFile, textFile } from "../release_file.ts";
import { billOfMaterials } from "../sbom.ts";
import { thirdParty } from "../third_party.ts";

const sources = new URL("../../../packaging/debian/", import.meta.url);

/** Folders that are empty in the package: the administrator's. */
export const INSTALLED_FOLDERS = ["etc/milterkit/conf.d"];

/**
 * Returns the files, with paths relative to the root folder.
 *
 * @throws {Error} if the changelog is for another version
 */
export function installedFiles({ version, date, components, executable }: Release): ReleaseFile[] {
  const { bash, zsh, fish } = completionFiles();
  const documents = "usr/share/doc/milterkit";
  return [
    { path: "usr/bin/milterkit", bytes: executable, executable: true },
    // postinst copies it to /etc once. As a conffile, an upgrade would ask about it, or change the port under an MTA.
    configurationFile("usr/share/milterkit/milterkit.toml"),
    ...unitFiles().map((file) => ({ ...file, path: `lib/systemd/system/${file.path}` })),
    ...manualFiles(version, date).map((file) => zipped({ ...file, path: `usr/share/man/${file.path}` })),
    { ...bash, path: `usr/share/bash-completion/completions/${bash.path}` },
    { ...zsh, path: `usr/share/zsh/vendor-completions/${zsh.path}` },
    { ...fish, path: `usr/share/fish/vendor_completions.d/${fish.path}` },
    ...documentFiles().map((file) => ({ ...file, path: `${documents}/${file.path}` })),
    textFile(`${documents}/copyright`, copyright()),
    zipped(textFile(`${documents}/changelog`, changelog(version))),
    textFile(`${documents}/THIRD-PARTY.md`, thirdParty(components)),
    textFile(`${documents}/sbom.cdx.json`, billOfMaterials(version, date, components)),
    textFile("usr/share/lintian/overrides/milterkit", debianSource("lintian-overrides")),
  ];
}

/** A file of `packaging/debian`. */
export function debianSource(name: string): string {
  return readFileSync(new URL(name, sources), "utf8");
}

function copyright(): string {
  const licence = readFileSync(new URL("../../LICENSE", sources), "utf8").trim()
    // The title and the copyright line are elsewhere in the file.
    .split("\n\n").slice(2).join("\n\n")
    .split("\n").map((line) => ` ${line || "."}`).join("\n");
  return debianSource("copyright").replace("@LICENSE@", () => `License: MIT\n${licence}`);
}

function changelog(version: string): string {
  const text = debianSource("changelog");
  if (text.startsWith(`milterkit (${version}) `)) return text;
  throw new Error(
    `packaging/debian/changelog does not begin with version ${version}, which deno.json has: add it`,
  );
}

function zipped({ path, bytes }: ReleaseFile): ReleaseFile {
  return { path: `${path}.gz`, bytes: gzipSync(bytes, { level: 9 }) };
}
