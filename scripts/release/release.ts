/**
 * Builds all files of a release in `dist/release`.
 *
 *     deno task release [--only linux-x64]... [--outdir dist/release] [--compression xz|gzip|none]
 *
 * The build is reproducible: all times in the files are SOURCE_DATE_EPOCH, or the time of the last commit. Downloads
 * Bun for other targets from npm once.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import config from "../../deno.json" with { type: "json" };
import { compileProgram } from "../compile_program.ts";
import { makeArchive } from "./archive.ts";
import { checksums } from "./checksums.ts";
import { components } from "./components.ts";
import { type Compression, COMPRESSIONS, debianProblem, makeDebianPackage } from "./debian/package.ts";
import { executableProblems } from "./executable_problems.ts";
import { isSigned, signAdHoc } from "./mach_o_signature.ts";
import { runtimePath } from "./runtime.ts";
import { billOfMaterials } from "./sbom.ts";
import { type Target, TARGETS } from "./targets.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = config;
const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    outdir: { type: "string", default: "dist/release" },
    // xz takes a minute and makes packages a third smaller.
    compression: { type: "string", default: "xz" },
  },
});

const outdir = resolve(root, values.outdir);
const date = releaseDate();
const made: { name: string; bytes: Uint8Array }[] = [];
try {
  const targets = chosenTargets();
  const compression = chosenCompression();
  clear(outdir);
  for (const target of targets) make(target, compression);
  const all = components(targets.map(({ runtime }) => runtime));
  write(`milterkit-${version}.cdx.json`, new TextEncoder().encode(billOfMaterials(version, date, all)));
  write("SHA256SUMS", new TextEncoder().encode(checksums(made)));
} catch (error) {
  process.stderr.write(`Cannot make the release: ${(error as Error).message}\n`);
  process.exit(1);
}

function chosenTargets(): readonly Target[] {
  const unknown = values.only.find((name) => !TARGETS.some((target) => target.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no target ${unknown}; there are ${TARGETS.map(({ name }) => name).join(", ")}`);
  }
  return TARGETS.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
}

function chosenCompression(): Compression {
  const found = COMPRESSIONS.find((name) => name === values.compression);
  if (found) return found;
  throw new Error(`there is no compression ${values.compression}; there are ${COMPRESSIONS.join(", ")}`);
}

/** Creates the folder and removes the files of an earlier release. Keeps everything else in it. */
function clear(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (/^milterkit[-_]\d.*\.(tar\.gz|zip|deb|json)$|^SHA256SUMS$/.test(name)) rmSync(join(folder, name));
  }
}

function make(target: Target, compression: Compression): void {
  const folder = join(root, "dist/compile", target.name);
  // For Windows, Bun's compiler adds the extension itself.
  const outfile = join(folder, target.format === "pe" ? "milterkit.exe" : "milterkit");
  compileProgram({ outfile, target: target.bunTarget, runtime: runtimePath(target.runtime) });
  const compiled = readFileSync(outfile);
  const mustSign = target.format === "mach-o" && !isSigned(compiled);
  const executable = mustSign ? signAdHoc(compiled, "milterkit") : compiled;
  rmSync(folder, { recursive: true });
  const problems = executableProblems(executable, target, version);
  if (problems.length > 0) throw new Error(`the executable for ${target.name}: ${problems.join("; ")}`);
  const release = { version, date, components: components([target.runtime]), executable };
  const { name, bytes } = makeArchive(target, release);
  write(name, bytes);
  if (!target.debian) return;
  const problem = debianProblem();
  if (problem) return say(`no package for Debian ${target.debian}: ${problem}`);
  const debian = makeDebianPackage(target.debian, release, compression);
  write(debian.name, debian.bytes);
}

function write(name: string, bytes: Uint8Array): void {
  writeFileSync(join(outdir, name), bytes);
  if (name !== "SHA256SUMS") made.push({ name, bytes });
  say(`${(bytes.length / 1e6).toFixed(1).padStart(6)} MB  ${join(values.outdir, name)}`);
}

function releaseDate(): Date {
  const given = process.env.SOURCE_DATE_EPOCH ??
    spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" }).stdout?.trim();
  const seconds = Number(given || NaN);
  if (Number.isSafeInteger(seconds)) return new Date(seconds * 1000);
  process.stderr.write("Cannot determine the release's date: set SOURCE_DATE_EPOCH to seconds since 1970\n");
  process.exit(1);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
