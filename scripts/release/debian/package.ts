/**
 * Builds the Debian package, using only dpkg-deb.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import type { ReleaseFile } from "../release_file.ts";
import type { Release } from "../archive.ts";
import { controlFiles } from "./control.ts";
import { INSTALLED_FOLDERS, installedFiles } from "./installed_files.ts";

/** The compressions of a package: `xz` gives the smallest file, `none` is fastest. */
export const COMPRESSIONS = ["xz", "gzip", "none"] as const;

/** One of these. */
export type Compression = (typeof COMPRESSIONS)[number];

/** Returns why no package can be built here; undefined if one can. */
export function debianProblem(): string | undefined {
  const { error } = spawnSync("dpkg-deb", ["--version"]);
  return error && `cannot run dpkg-deb (${error.message}): it is part of Debian; elsewhere install dpkg`;
}

/**
 * Builds a package.
 *
 * @param architecture Debian's name for the architecture
 * @returns its name and its bytes
 * @throws {Error} with dpkg-deb's error output
 */
export function makeDebianPackage(
  architecture: string,
  release: Release,
  compression: Compression = "xz",
): { name: string; bytes: Uint8Array } {
  const installed = installedFiles(release);
  const name = `milterkit_${release.version}_${architecture}.deb`;
  const folder = mkdtempSync(join(tmpdir(), "milterkit-debian-"));
  try {
    const root = join(folder, "root");
    const control = controlFiles(architecture, release, installed);
    lay(root, [...installed, ...control.map((file) => ({ ...file, path: `DEBIAN/${file.path}` }))]);
    for (const folder of INSTALLED_FOLDERS) makeFolders(root, folder);
    const deb = join(folder, name);
    const args = ["--root-owner-group", `-Z${compression}`, "--build", root, deb];
    const { status, stderr } = spawnSync("dpkg-deb", args, {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C", SOURCE_DATE_EPOCH: String(release.date.getTime() / 1000) },
    });
    if (status !== 0) throw new Error(`dpkg-deb exited with ${status}: ${stderr}`);
    return { name, bytes: readFileSync(deb) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes files with fixed permissions, independent of the umask. */
function lay(root: string, files: readonly ReleaseFile[]): void {
  for (const { path, bytes, executable } of files) {
    const target = join(root, path);
    makeFolders(root, dirname(path));
    writeFileSync(target, bytes);
    chmodSync(target, executable ? 0o755 : 0o644);
  }
}

function makeFolders(root: string, path: string): void {
  mkdirSync(join(root, path), { recursive: true });
  for (let folder = path;; folder = dirname(folder)) {
    chmodSync(join(root, folder), 0o755);
    if (folder === ".") return;
  }
}
