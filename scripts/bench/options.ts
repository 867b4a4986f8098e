/**
 * The command line.
 *
 * @module
 */

import { parsedArguments } from "./arguments.ts";
import { CannotRun } from "./failure.ts";
import { type Contest, CONTESTS } from "./filters/contests.ts";
import { MAIL } from "./filters/mail.ts";
import { PEER_PACKAGES } from "./machine.ts";
import { REFERENCE, type Server, SERVERS } from "./servers.ts";
import { type Workload, WORKLOADS } from "./workloads.ts";

export type Transport = "unix" | "tcp";
const TRANSPORTS: readonly { readonly name: Transport }[] = [{ name: "unix" }, { name: "tcp" }];

/** Stands for an empty list. */
const NONE = "none";

export interface Options {
  readonly rounds: number;
  /** Seconds of load before a server is measured for the first time, so that compilers have warmed up. */
  readonly warm: number;
  /** Seconds of load to measure. */
  readonly seconds: number;
  readonly workloads: readonly Workload[];
  /** The built-in filters and chains. */
  readonly filters: readonly Contest[];
  /** The servers; the reference always comes first. */
  readonly servers: readonly Server[];
  readonly transports: readonly Transport[];
  /** Connections to hold while measuring memory; 0: none. */
  readonly hold: number;
  /** The file for raw results. */
  readonly out: string | undefined;
  /** Whether to write the document and the chart. */
  readonly write: boolean;
  /** Whether a missed limit counts as a failure. */
  readonly check: boolean;
  /** Core of the servers and core of the load generator. */
  readonly serverCpu: number | undefined;
  readonly loadCpu: number | undefined;
}

/**
 * Reads the options from a command line.
 *
 * @returns undefined if help is requested
 * @throws {CannotRun} if they are invalid
 */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  const number = (name: "rounds" | "warm" | "seconds" | "hold", least: number, whole: boolean): number =>
    numberOf(name, values[name], least, whole);
  const cpu = (name: "server-cpu" | "load-cpu"): number | undefined =>
    values[name] === undefined ? undefined : numberOf(name, values[name], 0, true);
  const servers = chosen("servers", values.servers, SERVERS);
  const options: Options = {
    rounds: number("rounds", 1, true),
    warm: number("warm", 0, false),
    seconds: number("seconds", 0.1, false),
    workloads: values.workloads === NONE ? [] : chosen("workloads", values.workloads, WORKLOADS),
    filters: values.filters === NONE ? [] : chosen("filters", values.filters, CONTESTS),
    servers: [REFERENCE, ...servers.filter((server) => server !== REFERENCE)],
    transports: chosen("transports", values.transports, TRANSPORTS).map(({ name }) => name),
    hold: number("hold", 0, true),
    out: values.out,
    write: !values["no-write"],
    check: values.check,
    serverCpu: cpu("server-cpu"),
    loadCpu: cpu("load-cpu"),
  };
  if (options.write && options.workloads.length === 0) {
    throw new CannotRun("--workloads none: this needs --no-write, as the page and its chart begin with them");
  }
  if (options.serverCpu !== undefined && options.serverCpu === options.loadCpu) {
    throw new CannotRun("--server-cpu and --load-cpu: they are two cores, or one measures the other");
  }
  return options;
}

function parsed(args: readonly string[]) {
  return parsedArguments(args, {
    rounds: { type: "string", default: "5" },
    warm: { type: "string", default: "8" },
    seconds: { type: "string", default: "1" },
    workloads: { type: "string" },
    filters: { type: "string" },
    servers: { type: "string" },
    transports: { type: "string", default: "unix" },
    hold: { type: "string", default: "1000" },
    out: { type: "string" },
    "no-write": { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    "server-cpu": { type: "string" },
    "load-cpu": { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
}

function numberOf(name: string, text: string, least: number, whole: boolean): number {
  const number = text.trim() === "" ? NaN : Number(text);
  if (number >= least && number < Infinity && (!whole || Number.isInteger(number))) return number;
  throw new CannotRun(`--${name} ${text}: it is a${whole ? " whole" : ""} number of ${least} or more`);
}

/** Returns the choices in a comma-separated list, in the order of `all`; all of them without a list. */
function chosen<Choice extends { readonly name: string }>(
  option: string,
  list: string | undefined,
  all: readonly Choice[],
): readonly Choice[] {
  if (list === undefined) return all;
  const names = list.split(",").map((name) => name.trim());
  for (const name of names) {
    if (all.some((choice) => choice.name === name)) continue;
    throw new CannotRun(`--${option} ${name}: there are ${all.map((choice) => choice.name).join(", ")}`);
  }
  return all.filter((choice) => names.includes(choice.name));
}

/** Returns the text of `--help`. */
export function help(): string {
  const list = (choices: readonly { readonly name: string; readonly title: string }[]): string =>
    choices.map(({ name, title }) => `  ${name.padEnd(16)}  ${title}`).join("\n");
  return `Measures a filter that does nothing, Milterkit's on Bun, on Deno and compiled, compared with C libmilter and
pymilter; and the built-in filters and chains of the executable, compared with opendkim and others. Builds what it
needs, measures, and writes docs/benchmark.md and docs/benchmark.svg.

  deno task bench:quick                                two minutes, before and after a change
  deno task bench                                      the full benchmark, as published: less than half an hour
  deno task bench --no-write --workloads small,chain3 --servers binary --filters none --hold 0
                                                       a run on few workloads, for development
  deno task bench --no-write --workloads none --filters dkim-check,chain --hold 0
                                                       a run on few filters
  deno task bench --no-write --check                   fails if a limit is missed

Servers run on one core, the load generator on another. A round measures every server at every workload, and every
filter; what is compared runs within seconds of each other, so whatever slows the machine down affects all of it.
The figure to look at is CPU time per message against C libmilter, or the named program, in the same round.

How much is measured:
  --rounds N        rounds to take medians of (5)
  --warm S          seconds of load to warm up before the first round (8)
  --seconds S       seconds of load to measure (1)
  --hold N          connections to hold while measuring memory; 0: none (1000)
  --workloads A,B   only these workloads; none: none, which needs --no-write
  --servers A,B     only these servers with the workloads, and C libmilter, the reference
  --filters A,B     only these filters and chains; none: none
  --transports A,B  unix, tcp (unix)

Output:
  --out FILE        also writes every single result as a line of JSON
  --no-write        prints the document and writes neither it nor the chart
  --check           exits with 1 if a limit is missed

Where it runs (two cores that share no hardware thread):
  --server-cpu N    core of the servers (the first available)
  --load-cpu N      core of the load generator (the second available)

Workloads:
${list(WORKLOADS)}

Servers:
${list(SERVERS)}

Filters and chains, with their messages and what they are compared with:
${
    list(CONTESTS.map(({ name, title, mail, rivals }) => ({
      name,
      title: `${title}, ${MAIL[mail].title}: ${rivals.map((rival) => rival.title).join("; ")}`,
    })))
  }

Needs Linux and Debian's gcc, libc6-dev and libmilter-dev. What it compares with comes from Debian's packages
${PEER_PACKAGES.join(", ")}
and needs root, for a name server at port 53; what is missing is not measured.

Exit code 0: measured. 1: a server broke the protocol or did not start, or with --check a limit was missed.
2: it cannot run (an unknown option, a missing package).
`;
}
