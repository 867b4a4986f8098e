/**
 * Downloads Bun for other targets from npm and verifies it against `deno.lock`.
 *
 * Bun's compiler would download it from the same place, but without that verification.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { untar } from "../package/untar.ts";
import { lockedPackages } from "./lock_file.ts";

const cache = fileURLToPath(new URL("../../dist/runtimes", import.meta.url));

/**
 * Returns the path of a target's Bun, downloading it with npm unless it is cached.
 *
 * @param name the npm package, such as `@oven/bun-linux-aarch64`
 * @throws {Error} if it cannot be downloaded, or does not match the lock file
 */
export function runtimePath(name: string): string {
  const locked = lockedPackages().get(name);
  if (!locked) throw new Error(`deno.lock has no ${name}`);
  const { version, integrity } = locked;
  const path = join(cache, `${name.replace("/", "-")}-${version}`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "fetch-"));
  try {
    const archive = fetchPackage(`${name}@${version}`, folder);
    const [algorithm = "", checksum] = integrity.split("-");
    const found = createHash(algorithm).update(archive).digest("base64");
    if (found !== checksum) throw new Error(`${name}@${version} is ${found}, but deno.lock says ${checksum}`);
    const files = untar(archive);
    const program = files.get("package/bin/bun") ?? files.get("package/bin/bun.exe");
    if (!program) throw new Error(`${name}@${version} has no bin/bun`);
    const fresh = join(folder, "bun");
    writeFileSync(fresh, program);
    chmodSync(fresh, 0o755);
    renameSync(fresh, path);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return path;
}

function fetchPackage(spec: string, folder: string): Uint8Array {
  // On Windows npm is a script.
  const shell = process.platform === "win32";
  const { status, stdout, stderr, error } = spawnSync("npm", [
    "pack",
    "--json",
    "--pack-destination",
    folder,
    spec,
  ], {
    cwd: folder,
    encoding: "utf8",
    shell,
  });
  if (status !== 0) throw new Error(`Cannot fetch ${spec} with npm: ${error?.message ?? stderr}`);
  const [{ filename }] = JSON.parse(stdout);
  return readFileSync(join(folder, filename.replace("@", "").replace("/", "-")));
}
