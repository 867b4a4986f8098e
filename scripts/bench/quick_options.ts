/**
 * The command line of the short benchmark, and what it measures.
 *
 * @module
 */

import { parsedArguments } from "./arguments.ts";
import type { Options } from "./options.ts";
import { SERVERS } from "./servers.ts";
import { HELD_LIMITS, WORKLOADS } from "./workloads.ts";

/** Names of workloads and servers. The first server is the reference. */
const MEASURED = {
  workloads: [
    "small",
    "small-nr",
    "headers-nr",
    "headers-nr-read",
    "body1m",
    "single",
    "chain3",
    "small-add",
  ],
  servers: ["libmilter", "binary", "deno"],
} as const;

/** The command line. */
export interface QuickOptions {
  /** The file that the figures are saved to. */
  readonly save: string | undefined;
  /** The file of an earlier run. */
  readonly against: string | undefined;
  /** Whether a missed limit counts as a failure. */
  readonly check: boolean;
}

/** The text of `--help`. */
export const HELP =
  `Measures the main workloads against C libmilter in under two minutes, and the memory of idle
connections. Prints processor time per message against C libmilter (1): lower is better.

  deno task bench:quick --save before.json       before a change
  deno task bench:quick --against before.json    after it: also says what changed

  --save FILE       saves the figures
  --against FILE    compares with figures that were saved; a change is noise if single rounds of both runs overlap
  --check           exits with 1 if a limit is missed

Needs Linux and Debian's gcc, libc6-dev and libmilter-dev, and two idle cores. The figures to publish are
those of deno task bench.

Exit code 0: measured. 1: a server broke the protocol or did not start, or with --check a limit was missed.
2: it cannot run (an unknown option, a missing package).
`;

/**
 * Reads the command line.
 *
 * @returns undefined if help is requested
 * @throws {CannotRun} if it is invalid
 */
export function readQuickOptions(args: readonly string[]): QuickOptions | undefined {
  const { save, against, check, help } = parsedArguments(args, {
    save: { type: "string" },
    against: { type: "string" },
    check: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  });
  return help ? undefined : { save, against, check };
}

/** What is measured, and how long. */
export function quickOptions(): Options {
  const named = <Item extends { readonly name: string }>(all: readonly Item[], names: readonly string[]) =>
    all.filter(({ name }) => names.includes(name));
  return {
    rounds: 3,
    // As long as two minutes allow. Compilers work for longer, so ratios lie above those of the full run.
    warm: 3,
    seconds: 0.8,
    workloads: named(WORKLOADS, MEASURED.workloads),
    servers: named(SERVERS, MEASURED.servers),
    filters: [],
    transports: ["unix"],
    hold: HELD_LIMITS.connections,
    out: undefined,
    write: false,
    check: false,
    serverCpu: undefined,
    loadCpu: undefined,
  };
}
