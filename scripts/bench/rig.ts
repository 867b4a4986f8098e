/**
 * The test rig: the programs, and a core for each side.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import type { Argv } from "../../tests/support/process.ts";
import { build, type Programs } from "./build.ts";
import type { Options } from "./options.ts";
import { allowedCpus } from "./proc.ts";
import { run } from "./processes.ts";

export interface Rig {
  readonly programs: Programs;
  /** Folder for sockets. */
  readonly folder: string;
  /** The core of the servers and that of the load generator; undefined if they share cores. */
  readonly cores: { readonly server: number; readonly load: number } | undefined;
  /** Deviations from the intended setup, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Builds the programs and checks what this machine supports.
 *
 * @throws {CannotRun} if a requirement is missing
 */
export async function makeRig(options: Options, folder: string): Promise<Rig> {
  const names = options.servers.map(({ name }) => name);
  const programs = await build(folder, names);
  const { cores, note } = await findCores(options);
  const notes = note ? [note] : [];
  if (names.includes("pymilter") && !programs.python) {
    notes.push(
      "pymilter was not measured, since it is not installed; on Debian: apt-get install python3-milter.",
    );
  }
  return { programs, folder, cores, notes };
}

async function findCores(options: Options): Promise<{ cores?: Rig["cores"]; note?: string }> {
  const shared = "Servers and load generator were not kept apart on cores of their own";
  if ((await run(["taskset", "--version"])).code !== 0) {
    return { note: `${shared}: taskset is missing; on Debian: apt-get install util-linux.` };
  }
  if (availableParallelism() < 2) {
    return {
      note: `${shared}: there is one core only, so that latency and messages/s are those of both together.`,
    };
  }
  const free = (taken: number | undefined): number => allowedCpus().find((cpu) => cpu !== taken)!;
  const server = options.serverCpu ?? free(options.loadCpu);
  return { cores: { server, load: options.loadCpu ?? free(server) } };
}

/** Returns the command, pinned to a core. */
export function onCore(cpu: number | undefined, command: Argv): Argv {
  return cpu === undefined ? command : ["taskset", "-c", String(cpu), ...command];
}
