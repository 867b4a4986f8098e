/**
 * Builds the npm package: JavaScript and types of everything that `mod.ts` and the other exports import.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { denoCommand } from "./deno_command.ts";
import { npmManifest, type Project } from "./manifest.ts";
import { reachedFiles } from "./reached.ts";
import { untar } from "./untar.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A package that was made. */
export interface NpmPackage {
  /** The path of its archive. */
  readonly archive: string;
  /** Its version. */
  readonly version: string;
  /** Its files: contents by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Makes the archive.
 *
 * @param folder where it goes
 * @throws {Error} with the tool's output, if it fails
 */
export function packNpm(folder: string): NpmPackage {
  const project: Project = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, `milterkit-${project.version}.tgz`);
  const stage = mkdtempSync(join(tmpdir(), "milterkit-package-"));
  try {
    fill(stage, project);
    const [command, ...args] = denoCommand();
    const { status, stdout, stderr, error } = spawnSync(
      command,
      [...args, "pack", "--quiet", "--allow-dirty", "--no-source-maps", `--output=${archive}`],
      { cwd: stage, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
    );
    if (status !== 0) throw new Error(`Cannot pack: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
  } finally {
    rmSync(stage, { recursive: true });
  }
  const files = new Map(
    [...untar(readFileSync(archive))].map(([path, bytes]) => [path.replace(/^package\//, ""), bytes]),
  );
  return { archive, version: project.version, files };
}

/** Lays out the sources, and nothing that does not belong into the package. */
function fill(stage: string, project: Project): void {
  for (const file of reachedFiles(root, Object.values(project.exports).map((path) => path.slice(2)))) {
    const target = join(stage, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, withPackageNames(readFileSync(join(root, file), "utf8"), project.exports));
  }
  copyFileSync(join(root, "LICENSE"), join(stage, "LICENSE"));
  copyFileSync(join(root, "scripts/package/readme.md"), join(stage, "README.md"));
  const { name, version, license, exports } = project;
  // Beside a package.json Deno wants the types of Node from node_modules, unless told that there is none.
  const config = { name, version, license, exports, nodeModulesDir: "none" };
  writeFileSync(join(stage, "deno.json"), JSON.stringify(config));
  writeFileSync(join(stage, "package.json"), JSON.stringify(npmManifest(project), null, 2) + "\n");
}

/** Examples in comments, which editors show, import what users import. */
function withPackageNames(source: string, exports: Project["exports"]): string {
  return source.replace(
    /^(\s*\* import .* from )"\.{1,2}\/(?:[\w./]*\/)?(\w+)\.ts"/gm,
    (_, before, file) => {
      const subpath = exports[`./${file}`] === `./lib/${file}.ts` ? `/${file}` : "";
      return `${before}"milterkit${subpath}"`;
    },
  );
}
