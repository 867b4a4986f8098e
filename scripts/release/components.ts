/**
 * Lists the third-party components in an executable.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bunPath } from "../bun_path.ts";
import { lockedPackages } from "./lock_file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** An npm package in the executable. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** The SPDX licence identifier. */
  readonly license: string;
  /** The SHA-512 of its archive, in hexadecimal. */
  readonly sha512: string;
  /** The text of its licence; undefined if the package has none. */
  readonly licenseText?: string;
  /** What it is used for. */
  readonly part: "program" | "runtime" | "types for milterkit new";
}

/**
 * Returns every package: those that the compiler reads for the program, those that `milterkit new` writes, and Bun.
 *
 * @param runtimes the packages of Bun, such as `@oven/bun-linux-x64`
 */
export function components(runtimes: readonly string[]): Component[] {
  const types = realpathSync(join(root, "node_modules/@types/node"));
  const undici = realpathSync(join(dirname(dirname(types)), "undici-types"));
  return [
    ...programFolders().map((folder) => fromFolder(folder, "program")),
    ...[types, undici].map((folder) => fromFolder(folder, "types for milterkit new")),
    ...runtimes.map(runtime),
  ].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The folders of the packages from which the compiler reads at least one file. */
function programFolders(): string[] {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-components-"));
  try {
    const metafile = join(folder, "meta.json");
    const args = [
      "build",
      "--target=bun",
      "--splitting",
      `--outdir=${folder}`,
      `--metafile=${metafile}`,
      "cli/main.ts",
    ];
    const { status, stderr } = spawnSync(bunPath(), args, { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(`Cannot list the components of the executable: ${stderr}`);
    const { inputs } = JSON.parse(readFileSync(metafile, "utf8"));
    const found = Object.keys(inputs).map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
    return [...new Set(found.filter((path) => path !== undefined))].map((path) => join(root, path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fromFolder(folder: string, part: Component["part"]): Component {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file));
  return {
    name,
    version,
    license,
    sha512: checksumOf(name),
    ...(file ? { licenseText: readFileSync(join(folder, file), "utf8") } : {}),
    part,
  };
}

function runtime(name: string): Component {
  const { version } = lockedPackages().get(name)!;
  // The platform packages state no licence; the package that selects among them does.
  const { license } = JSON.parse(readFileSync(join(root, "node_modules/bun/package.json"), "utf8"));
  return { name, version, license, sha512: checksumOf(name), part: "runtime" };
}

function checksumOf(name: string): string {
  const locked = lockedPackages().get(name);
  if (!locked) throw new Error(`${name} is in the executable but not in deno.lock`);
  return Uint8Array.from(atob(locked.integrity.replace("sha512-", "")), (c) => c.charCodeAt(0))
    .reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
}
