/** The filters of a comparison: separate milters on C libmilter, and the same scripts as one Milterkit chain. */
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readLogs, waitForLog } from "../instance.ts";
import {
  type Argv,
  type Daemon,
  findCommand,
  runOrThrow,
  sleep,
  startDaemon,
  SYSTEM_PATH,
} from "../process.ts";
import { FILTER_NAMES } from "./case_file.ts";
import { latin1Bytes } from "./escapes.ts";
import { FilterLog } from "./filter_log.ts";

/** A runtime wants to know its caches. */
const ENV = { ...process.env as Record<string, string>, PATH: SYSTEM_PATH, LC_ALL: "C", NO_COLOR: "1" };

/** How long a filter may take to start, in milliseconds: three executables at once, read from a disk that others use too. */
const PATIENCE = 60_000;

/** Filters that an MTA calls, by their addresses, for one session after the other. */
export interface Way {
  /** Addresses of the milters, in order. */
  readonly milters: string[];
  /** The log of each filter, in order. */
  readonly logs: readonly FilterLog[];
}

/** Why the reference filter cannot be compiled here, or undefined if it can. */
export function refmilterProblem(): string | undefined {
  if (!findCommand("cc")) return "needs cc (Debian: gcc, libc6-dev)";
  if (!existsSync("/usr/include/libmilter/mfapi.h")) return "needs libmilter-dev (Debian)";
}

/** Compiles the reference filter into this folder. */
export async function compileRefmilter(folder: string): Promise<string> {
  const source = fileURLToPath(new URL("../refmilter/refmilter.c", import.meta.url));
  const program = join(folder, "refmilter");
  await runOrThrow(["cc", "-O1", "-Wall", "-o", program, source, "-lmilter", "-lpthread"]);
  return program;
}

/** The scripts, which all filters reload for each connection: both sides use the same files. */
export class Scripts {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file that this filter reads. */
  path(name: string): string {
    return join(this.#folder, `${name}.script`);
  }

  /** Replaces the scripts; filters beyond them do nothing. */
  write(texts: readonly string[]): void {
    for (const [i, name] of FILTER_NAMES.entries()) {
      writeFileSync(this.path(name), latin1Bytes(texts[i] ?? ""));
    }
  }
}

/** Processes of filters. */
export class Filters {
  readonly #folder: string;
  readonly #scripts: Scripts;
  readonly #daemons: Daemon[] = [];
  readonly #outputs: string[] = [];

  constructor(folder: string, scripts: Scripts) {
    this.#folder = folder;
    this.#scripts = scripts;
  }

  /**
   * Starts one milter for each filter name; with the first one, two, three of them there are three ways.
   *
   * @param program the compiled reference filter
   * @param label tells these processes from others of the same kind
   */
  async separate(program: string, label: string): Promise<Way[]> {
    const all = await Promise.all(FILTER_NAMES.map(async (name) => {
      const { address, socket, log } = this.#place(`${label}-${name}`);
      const script = this.#scripts.path(name);
      const daemon = this.#start([program, "-p", address, "-n", name, "-s", script, "-l", log], socket);
      await until(() => connects(socket), daemon, socket);
      return { address, log: new FilterLog(log) };
    }));
    return all.map((_, i) => ({
      milters: all.slice(0, i + 1).map(({ address }) => address),
      logs: all.slice(0, i + 1).map(({ log }) => log),
    }));
  }

  /**
   * Starts one process for a chain of one, one for a chain of two and one for a chain of three filters.
   *
   * @param command what runs the scripted filter
   */
  chains(command: Argv, label: string): Promise<Way[]> {
    return Promise.all(FILTER_NAMES.map(async (_, last) => {
      const { address, socket } = this.#place(`${label}-${last + 1}`);
      const filters = FILTER_NAMES.slice(0, last + 1).map((name) => ({
        name,
        log: new FilterLog(this.#place(`${label}-${last + 1}-${name}`).log),
      }));
      const args = filters.flatMap((
        { name, log },
      ) => ["-n", name, "-s", this.#scripts.path(name), "-l", log.path]);
      const daemon = this.#start([...command, "-p", address, ...args], socket);
      await waitForLog(daemon, () => readLogs(`${socket}.out`), /^listening /m, PATIENCE);
      chmodSync(socket, 0o666);
      return { milters: [address], logs: filters.map(({ log }) => log) };
    }));
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    // libmilter looks for signals every few seconds only
    await Promise.all(this.#daemons.splice(0).map((daemon) => daemon.stop(0)));
  }

  /** What the processes wrote to standard output and error. */
  output(): string {
    return readLogs(...this.#outputs);
  }

  /** What the reference filters cannot make out in their scripts, so far. */
  complaints(): string[] {
    return this.output().split("\n").filter((line) => line.startsWith("refmilter: "));
  }

  #place(name: string): { address: string; socket: string; log: string } {
    const socket = join(this.#folder, `${name}.sock`);
    return { address: `unix:${socket}`, socket, log: join(this.#folder, `${name}.log`) };
  }

  #start(command: Argv, socket: string): Daemon {
    const output = `${socket}.out`;
    this.#outputs.push(output);
    const daemon = startDaemon(command, ENV, output);
    this.#daemons.push(daemon);
    return daemon;
  }
}

async function until(ready: () => Promise<boolean>, daemon: Daemon, what: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; !await ready();) {
    if (!daemon.running()) throw new Error(`${what}: ${await daemon.ended}`);
    if (Date.now() > end) throw new Error(`${what}: nobody listens`);
    await sleep(10);
  }
}

function connects(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    client.on("connect", () => {
      client.destroy();
      resolve(true);
    });
    client.on("error", () => resolve(false));
  });
}
