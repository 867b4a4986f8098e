/** A service whose filter counts, and what it counts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MtaClient } from "../../../lib/mta/client.ts";
import { CLIENT } from "../../server/support.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { type Argv, childrenOf } from "../../support/process.ts";
import { withFiles } from "../user_filter/support.ts";
import { PROGRAM } from "../../support/programs.ts";

/** How much a key may have in all. Next to nothing comes back while a test runs. */
export const MOST = 5000;

/**
 * Takes as often as the sender's local part says from what its domain may have, all at once, and answers with its process and how
 * often there was enough.
 */
export const TAKING = `import process from "node:process";
import { defineFilter, tempfail } from "milterkit";
export default defineFilter({
  name: "taking",
  summary: "Takes",
  verdicts: ["mail"],
  create(_options, kit) {
    const keys = kit.store("keys");
    const rate = { count: 1, per: 86_400_000, burst: ${MOST} };
    return {
      async mail({ address }) {
        const [count, key] = address.split("@");
        try {
          const taken = await Promise.all(Array.from({ length: Number(count) }, () => keys.take(key, rate)));
          const ok = taken.filter(({ ok }) => ok).length;
          return tempfail(451, "4.7.1", [process.pid, ok].join(" "));
        } catch (error) {
          return tempfail(451, "4.7.1", [process.pid, error.code].join(" "));
        }
      },
    };
  },
});
`;

/** How often is taken at once. */
const STEP = 25;

/** The longest patience. With less, workers of a busy machine count apart, as they must. */
export const PATIENT = ["--state-timeout", "10s"];

/** What a worker answered. */
export interface Answered {
  readonly pid: number;
  /** How often there was enough, or the code of an error. */
  readonly result: string;
}

/** A service that counts. */
export class Counting implements AsyncDisposable {
  readonly milterkit: Milterkit;

  private constructor(milterkit: Milterkit) {
    this.milterkit = milterkit;
  }

  /** Serves from a folder that has the filter as `taking.ts`, with patience, unless a file has the options. */
  static start(folder: string, ...args: string[]): Promise<Counting> {
    return Counting.startWith(
      { STATE_DIRECTORY: "" },
      folder,
      ...(args.includes("--config") ? [] : PATIENT),
      ...args,
    );
  }

  /** Serves with variables in its environment, and the patience that the options say. */
  static async startWith(env: Record<string, string>, folder: string, ...args: string[]): Promise<Counting> {
    const socket = `unix:${join(folder, "milter.sock")}`;
    const listen = args.includes("--config") ? [] : ["--listen", socket];
    const filter = args.includes("--config") ? [] : ["--filter", "./taking.ts"];
    const [program, ...rest] = PROGRAM[1];
    const argv: Argv = [program, ...rest, "serve", ...listen, ...args, ...filter];
    const milterkit = await Milterkit.startCommand(argv, { cwd: folder, env });
    await milterkit.waitForLine((line) => / runs /.test(line));
    return new Counting(milterkit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.milterkit.stop();
  }

  /** Opens a connection. */
  async connect(): Promise<MtaClient> {
    const client = await MtaClient.open(this.milterkit.address);
    await client.connect(CLIENT);
    await client.helo("client.example");
    return client;
  }

  /** Takes on a connection of its own, in small steps; returns how often there was enough. */
  async take(count: number, key: string): Promise<number> {
    return sum(await this.takeOnMany(1, Math.ceil(count / STEP), Math.min(count, STEP), key));
  }

  /** Takes on several connections at once; returns what each got. */
  async takeOnMany(connections: number, times: number, count: number, key: string): Promise<Answered[]> {
    const answers = await Promise.all(Array.from({ length: connections }, async () => {
      const client = await this.connect();
      const answers: Answered[] = [];
      for (let i = 0; i < times; i++) answers.push(await takeOn(client, count, key));
      client.quit();
      return answers;
    }));
    return answers.flat();
  }

  /** The process of the keeper. */
  get keeper(): number | undefined {
    return childrenOf(this.milterkit.pid).find((pid) => isKeeper(pid));
  }

  /** The processes of the workers. */
  get workers(): number[] {
    return childrenOf(this.milterkit.pid).filter((pid) => !isKeeper(pid));
  }
}

function isKeeper(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes("MILTERKIT_KEEPER=");
  } catch {
    return false;
  }
}

/** Takes on a connection. */
export async function takeOn(client: MtaClient, count: number, key: string): Promise<Answered> {
  const { reply } = await client.mail(`<${count}@${key}>`);
  client.abort();
  const text = reply?.lines.join(" ") ?? "nothing";
  const [, pid, result] = /(\d+) ([\w-]+)$/.exec(text) ?? [];
  if (pid === undefined || result === undefined) throw new Error(`no answer of the filter: ${text}`);
  return { pid: Number(pid), result };
}

/** How often there was enough in all. */
export function sum(answers: readonly Answered[]): number {
  return answers.reduce((all, { result }) => all + Number(result), 0);
}

/** Runs a test with the filter in a folder. */
export function counted(run: (folder: string) => Promise<void>): Promise<void> {
  return withFiles({ "taking.ts": TAKING }, run);
}
