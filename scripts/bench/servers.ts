/**
 * The servers under test, with the commands that start them.
 *
 * @module
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Argv } from "../../tests/support/process.ts";
import type { Programs } from "./build.ts";
import { DENO_ALLOWANCE, type Variant, type Workload } from "./workloads.ts";

/** A server under test. */
export interface Server {
  /** Its name in options and raw results. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** Its limits as a multiple of the compiled filter's; undefined: no limits. */
  readonly allowance?: number;
  /** Whether its code is compiled as it runs, so that it has to warm up. */
  readonly warmsUp: boolean;
  /** What one of its changes to every message must contain. */
  readonly expects?: string;
  /** Whether the memory limits apply to it. */
  readonly memoryLimits?: boolean;
  /**
   * The command that starts it.
   *
   * @returns undefined if it does not support that
   */
  command(programs: Programs, address: string, variant: Variant): Argv | undefined;
}

/** The reference that all others are compared with, in the same round. */
export const REFERENCE: Server = {
  name: "libmilter",
  title: "C libmilter",
  warmsUp: false,
  command({ libmilter }, address, { noReplies, addHeader }) {
    return [libmilter, "-p", address, ...(noReplies ? ["-n"] : []), ...(addHeader ? ["-a"] : [])];
  },
};

const filter = fileURLToPath(new URL("noop_milterkit.ts", import.meta.url));
const bareBun = fileURLToPath(new URL("bare_bun.ts", import.meta.url));

/** All servers, in the order of the tables. */
export const SERVERS: readonly Server[] = [
  REFERENCE,
  {
    name: "binary",
    title: "Milterkit, compiled",
    warmsUp: true,
    allowance: 1,
    memoryLimits: true,
    command: ({ binary }, address, variant) => [binary, address, ...ourFlags(variant)],
  },
  {
    name: "bun",
    title: "Milterkit on Bun",
    warmsUp: true,
    command: ({ bun }, address, variant) => bun ? [bun, filter, address, ...ourFlags(variant)] : undefined,
  },
  {
    name: "bare-bun",
    title: "a bare socket on Bun",
    warmsUp: true,
    command({ bun }, address, { noReplies, addHeader, readStrings, filters = 1 }) {
      if (!bun || addHeader || readStrings || filters > 1) return undefined;
      return [bun, bareBun, address, ...(noReplies ? ["--nr"] : [])];
    },
  },
  {
    name: "deno",
    title: "Milterkit on Deno",
    warmsUp: true,
    allowance: DENO_ALLOWANCE,
    command(_, address, variant) {
      // Deno's own path: in a task a bare "deno" could be another one.
      return [process.execPath, "run", "--quiet", "-A", filter, address, ...ourFlags(variant)];
    },
  },
  {
    name: "pymilter",
    title: "pymilter",
    warmsUp: false,
    command({ python }, address, { noReplies, addHeader, filters = 1 }) {
      if (!python || filters > 1) return undefined;
      const program = fileURLToPath(new URL("noop_pymilter.py", import.meta.url));
      return [python, program, address, ...(noReplies ? ["--nr"] : []), ...(addHeader ? ["--add"] : [])];
    },
  },
];

/** The most CPU per message that a server may take with a workload, C libmilter = 1; undefined: it has no limit. */
export function limitOf({ limit, denoLimit }: Workload, { name, allowance }: Server): number | undefined {
  if (name === "deno" && denoLimit !== undefined) return denoLimit;
  return limit === undefined || allowance === undefined ? undefined : limit * allowance;
}

function ourFlags({ noReplies, addHeader, readStrings, filters = 1 }: Variant): string[] {
  return [
    ...(noReplies ? ["--nr"] : []),
    ...(addHeader ? ["--add"] : []),
    ...(readStrings ? ["--decode"] : []),
    ...(filters > 1 ? ["--filters", String(filters)] : []),
  ];
}
