/**
 * Describes the machine and the software versions of a run.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import process from "node:process";
import type { Argv } from "../../tests/support/process.ts";
import { run } from "./processes.ts";
import type { Rig } from "./rig.ts";

/** Facts with their names, in the order of the document. */
export type Facts = readonly (readonly [name: string, fact: string])[];

/** What this run is made on. */
export async function facts(rig: Rig): Promise<Facts> {
  const cores = cpus();
  const list: [string, string | undefined][] = [
    ["Date", new Date().toISOString().slice(0, 10)],
    ["CPU", cores[0]?.model.trim()],
    [
      "Cores",
      `${cores.length}${rig.cores ? `; servers on ${rig.cores.server}, load on ${rig.cores.load}` : ""}`,
    ],
    ["Memory", `${(totalmem() / 1e9).toFixed(1)} GB`],
    ["Kernel", `Linux ${release()}`],
    ["System", /^PRETTY_NAME="?(.*?)"?$/m.exec(read("/etc/os-release"))?.[1]],
    ["Milterkit", JSON.parse(read(new URL("../../deno.json", import.meta.url))).version],
    ["Deno", process.versions.deno],
    ["Bun", rig.programs.bun && await firstLine(rig.programs.bun, "--version")],
    ["libmilter", await libmilterVersion()],
    ["pymilter", rig.programs.python && await pymilterVersion(rig.programs.python)],
    ["gcc", await firstLine("gcc", "-dumpfullversion")],
  ];
  return list.flatMap(([name, fact]) => fact ? [[name, fact] as const] : []);
}

/** It comes with Sendmail, and only the package says which; its header has the interface's version. */
async function libmilterVersion(): Promise<string> {
  const packaged = await firstLine("dpkg-query", "--show", "--showformat", "${Version}", "libmilter-dev");
  if (packaged) return `${packaged} (Debian)`;
  const { output } = await run(["gcc", "-E", "-dM", "-include", "libmilter/mfapi.h", "-xc", "/dev/null"]);
  const version = /^#define SMFI_VERSION (?:0x)?0*(\w)(\w{4})(\w\w)$/m.exec(output);
  return version ? `interface ${version.slice(2).map((part) => parseInt(part, 16)).join(".")}` : "unknown";
}

async function pymilterVersion(python: string): Promise<string | undefined> {
  const program = "import sys, Milter; print(Milter.__version__, 'on Python', sys.version.split()[0])";
  return await firstLine(python, "-c", program);
}

/** What a program says; undefined where it is not there or fails. */
async function firstLine(...command: Argv): Promise<string | undefined> {
  const { code, output } = await run(command);
  return code === 0 && output.trim() !== "" ? output.trim().split("\n")[0] : undefined;
}

function read(path: string | URL): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
