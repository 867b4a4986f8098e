/**
 * Builds the programs for the benchmark.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Argv } from "../../tests/support/process.ts";
import { bunCompileArguments } from "../bun_compile.ts";
import { bunPath } from "../bun_path.ts";
import { CannotRun } from "./failure.ts";
import { run } from "./processes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

/** Where the programs are. */
export interface Programs {
  /** The load generator. */
  readonly miltbench: string;
  /** The filter on C libmilter. */
  readonly libmilter: string;
  /** Our filter, compiled. */
  readonly binary: string;
  /** Bun, if a server needs it. */
  readonly bun: string | undefined;
  /** A Python that has pymilter, if there is one. */
  readonly python: string | undefined;
}

/**
 * Builds what a run needs.
 *
 * @param folder where the programs go
 * @param servers names of the servers to measure
 * @throws {CannotRun} if a requirement is missing
 */
export async function build(folder: string, servers: readonly string[]): Promise<Programs> {
  if (process.platform !== "linux") {
    throw new CannotRun(
      `This is ${process.platform}: all figures come from Linux's /proc, so it needs Linux`,
    );
  }
  const bun = ["binary", "bun", "bare-bun"].some((name) => servers.includes(name)) ? findBun() : undefined;
  const programs = {
    bun,
    miltbench: join(folder, "miltbench"),
    libmilter: join(folder, "noop-libmilter"),
    binary: join(folder, "noop-milterkit"),
  };
  await compileC("miltbench.c", programs.miltbench);
  await compileC("noop-libmilter.c", programs.libmilter, "-lmilter", "-lpthread");
  if (bun && servers.includes("binary")) await compileOurs(bun, programs.binary);
  return { ...programs, python: servers.includes("pymilter") ? await pythonWithMilter() : undefined };
}

/**
 * Compiles a program in C from this folder.
 *
 * @param source the name of its file
 * @param outfile where the program goes
 * @param libraries what the linker is told, such as `-lmilter`
 * @throws {CannotRun} if the compiler or a library is missing
 */
export async function compileC(source: string, outfile: string, ...libraries: string[]): Promise<void> {
  const command: Argv = [
    "gcc",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wfatal-errors",
    "-o",
    outfile,
    source,
    ...libraries,
  ];
  const { code, errors } = await run(command, here);
  if (code === 0) return;
  throw new CannotRun(reasonFor(errors) ?? `${command.join(" ")} failed:\n${errors}`);
}

/** Returns what is missing, judging by the compiler's errors. */
function reasonFor(errors: string): string | undefined {
  if (/mfapi\.h|mfdef\.h|-lmilter/.test(errors)) {
    return "C libmilter, which all is measured against, is missing; on Debian: apt-get install libmilter-dev";
  }
  if (/ENOENT/.test(errors)) {
    return "The C compiler for the load generator is missing; on Debian: apt-get install gcc libc6-dev";
  }
  if (/stdio\.h|arpa\/inet\.h|crt1\.o/.test(errors)) {
    return "The C library's headers are missing; on Debian: apt-get install libc6-dev";
  }
}

function findBun(): string {
  try {
    return bunPath();
  } catch (error) {
    throw new CannotRun((error as Error).message);
  }
}

async function compileOurs(bun: string, outfile: string): Promise<void> {
  const args = bunCompileArguments("scripts/bench/noop_milterkit.ts", outfile);
  const { code, output, errors } = await run([bun, ...args], root);
  if (code !== 0) throw new CannotRun(`bun ${args.join(" ")} failed:\n${output}${errors}`);
}

/** Tries Debian's Python after the one in the path: others, such as pyenv's, lack its module. */
export async function pythonWithMilter(): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    if ((await run([python, "-c", "import Milter"])).code === 0) return python;
  }
}
