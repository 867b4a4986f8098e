/** A service manager, emulated by supervisor.py: opens and passes sockets, and receives the service's notifications. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { at } from "./present.ts";
import { type Argv, findCommand } from "./process.ts";

/** A socket to open: its name, then where. */
export type PassedSocket =
  | readonly [name: string, kind: "unix", path: string]
  | readonly [name: string, kind: "inet" | "inet6", ip: string, port: number];

/** What a service manager has for a service. */
export interface SupervisorOptions {
  readonly command: Argv;
  readonly sockets?: readonly PassedSocket[];
  /** Where it listens to the service: a path, or `@` and a name. */
  readonly notify: string;
  /** WATCHDOG_USEC. */
  readonly watchdog?: number;
  readonly env?: Record<string, string>;
}

/** Something that happened. */
export interface SupervisorEvent {
  readonly sockets?: (string | number)[][];
  readonly started?: number;
  readonly notify?: string;
  /** When a notification was read, in microseconds of CLOCK_MONOTONIC. */
  readonly at?: number;
  /** Which process sent a notification. */
  readonly from?: number;
  readonly log?: string;
  /** The exit code, or the negative number of the signal. */
  readonly ended?: number;
}

const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Why there can be none, or undefined. */
export function supervisorProblem(): string | undefined {
  if (process.platform !== "linux") return "a service manager is played on Linux only";
  return findCommand("python3") ? undefined : "there is no python3";
}

/** A service manager with one service. */
export class Supervisor {
  /** All that happened, in order. */
  readonly events: SupervisorEvent[] = [];
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #rest = "";

  private constructor({ env, ...wanted }: SupervisorOptions) {
    const script = fileURLToPath(new URL("./supervisor.py", import.meta.url));
    const python = [findCommand("python3")!, script, JSON.stringify({ sockets: [], ...wanted })];
    // It takes its service with it, and the kernel takes it where the test process dies.
    const command = ["--pdeathsig", "KILL", "--", ...python];
    this.#child = spawn(findCommand("setpriv")!, command, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, NO_COLOR: "1", ...env },
    });
    children.add(this.#child);
    this.#child.on("exit", () => children.delete(this.#child));
    this.#child.stdin!.on("error", () => {});
    this.#child.stdout!.on("data", (bytes) => this.#take(String(bytes)));
  }

  /** Starts it; the service is not started yet, but its sockets are open. */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = new Supervisor(options);
    await supervisor.waitFor(({ sockets }) => sockets !== undefined, "sockets");
    return supervisor;
  }

  /** Where the first of its sockets is, as a milter address. */
  get address(): string {
    return at(this.addresses, 0);
  }

  /** Where its sockets are, as milter addresses. */
  get addresses(): string[] {
    const { sockets = [] } = this.events.find((event) => event.sockets !== undefined) ?? {};
    return sockets.map(([where, port]) => port === undefined ? `unix:${where}` : `inet:${port}@${where}`);
  }

  /** What the service said to it so far. */
  get notifications(): string[] {
    return this.events.flatMap(({ notify }) => notify === undefined ? [] : [notify]);
  }

  /** The service's log so far. */
  log(): string {
    return this.events.flatMap(({ log }) => log === undefined ? [] : [log]).join("\n");
  }

  /** Starts the service and waits until it says that it is ready; gives its process. */
  async start(): Promise<number> {
    const since = this.events.length;
    const { started } = await this.startUnready();
    await this.waitFor(({ notify }) => notify?.startsWith("READY=1") ?? false, "READY=1", since);
    return started!;
  }

  /** Starts the service and waits for nothing else. */
  async startUnready(): Promise<SupervisorEvent> {
    const since = this.events.length;
    this.#child.stdin!.write("start\n");
    return await this.waitFor(({ started }) => started !== undefined, "start", since);
  }

  /** Sends the service a signal. */
  signal(name: "TERM" | "HUP" | "INT" | "KILL"): void {
    this.#child.stdin!.write(`${name}\n`);
  }

  /** Stops the service; gives its exit code. */
  async stop(): Promise<number> {
    const since = this.events.length;
    this.signal("TERM");
    return (await this.waitFor(({ ended }) => ended !== undefined, "end", since)).ended!;
  }

  /** The first event since `since` for which `predicate` holds, or that is to come. */
  waitFor(
    predicate: (event: SupervisorEvent) => boolean,
    wanted: string,
    since = 0,
    timeoutMs = 50_000,
  ): Promise<SupervisorEvent> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.events.slice(since).find(predicate);
        if (!found) return;
        done();
        resolve(found);
      };
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const timer = setTimeout(() => {
        done();
        reject(
          new Error(
            `no ${wanted} in ${timeoutMs} ms:\n${this.events.map((e) => JSON.stringify(e)).join("\n")}`,
          ),
        );
      }, timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** Ends both. */
  async close(): Promise<void> {
    const over = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await over;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.events.push(JSON.parse(line));
    for (const look of [...this.#watchers]) look();
  }
}
