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

/** Debian's packages of the programs that are compared with, and of the name server. */
export const PEER_PACKAGES = [
  "python3-milter",
  "opendkim",
  "opendmarc",
  "pyspf-milter",
  "libmime-tools-perl",
  "libsendmail-pmilter-perl",
  "nsd",
] as const;

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
    ...await peerVersions(),
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

/** The versions of those that Debian's packages brought, but for pymilter, whose own version is told. */
async function peerVersions(): Promise<[string, string][]> {
  const packages = PEER_PACKAGES.filter((name) => name !== "python3-milter");
  const format = "${Package} ${Version}\n";
  const { output } = await run(["dpkg-query", "--show", "--showformat", format, ...packages]);
  return output.split("\n").flatMap((line): [string, string][] => {
    const [name, version] = line.split(" ");
    return name && version ? [[name, `${version} (Debian)`]] : [];
  });
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
