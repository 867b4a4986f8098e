/** Runs the executable under test as an administrator does. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { present } from "./present.ts";
import { type Argv, type CommandResult, findCommand, run } from "./process.ts";

/** How a process ended. */
export interface Ending {
  /** Its exit code, or null where a signal ended it. */
  code: number | null;
  signal: string | null;
}

/** Settings for {@link Milterkit.start}. */
export interface MilterkitOptions {
  /** Makes another command of this one, such as one that runs it as another user. */
  wrap?: (argv: Argv) => Argv;
  /**
   * How many addresses it has to listen on before it counts as ready; as many as it is told if left out. With
   * 0 nothing is awaited.
   */
  addresses?: number;
  env?: Record<string, string>;
  cwd?: string;
}

interface Watcher {
  wanted: string;
  find(): string | undefined;
  resolve(line: string): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

const children = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/**
 * The path of the executable; MILTERKIT_BINARY names another.
 *
 * @throws {Error} when there is none
 */
export function milterkitBinary(): string {
  const path = process.env.MILTERKIT_BINARY ||
    fileURLToPath(new URL("../../dist/milterkit", import.meta.url));
  if (existsSync(path)) return path;
  throw new Error("there is no executable at dist/milterkit: run `deno task compile` first");
}

/** Runs the executable to its end, such as with a command line that it refuses. */
export function runMilterkit(args: string[], timeoutMs = 60_000): Promise<CommandResult> {
  return run([milterkitBinary(), ...args], { timeoutMs });
}

/**
 * That everything stood still for a while is no mistake of anybody: the service tells of a busy machine as of a busy filter, or
 * of a worker that had to be asked twice to take a connection. Tests of such lines wait for them by name.
 */
const isStall = (line: string) => / without a pause| could not take a connection; /.test(line);

/** The lines of a log, of either format, but for those that may be due to a busy machine. */
export function withoutStalls(lines: readonly string[]): string[] {
  return lines.filter((line) => !isStall(line));
}

/** The warnings and errors of a log, of either format, but for those that may be due to a busy machine. */
export function complaints(lines: readonly string[]): string[] {
  return withoutStalls(lines).filter((line) => / (warning|error) |"level":"(WARN|ERROR)"/.test(line));
}

/** A process that serves filters and says so in its log. */
export class Milterkit {
  /** The lines of its log so far, without their line ends. */
  readonly lines: string[] = [];
  /** What it wrote to standard output, where nothing should be. */
  output = "";
  /** Where it listens, ports filled in. */
  readonly addresses: string[] = [];
  /** Settled when it has ended. */
  readonly ended: Promise<Ending>;

  #child: ChildProcess;
  #rest = "";
  #running = true;
  #watchers = new Set<Watcher>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    children.add(child);
    const decoder = new TextDecoder();
    child.stderr!.on("data", (chunk: Uint8Array) => this.#take(decoder.decode(chunk, { stream: true })));
    child.stdout!.on("data", (chunk: Uint8Array) => this.output += new TextDecoder().decode(chunk));
    this.ended = new Promise((resolve) => {
      const finish = (ending: Ending) => {
        this.#running = false;
        children.delete(child);
        if (this.#rest !== "") this.#take("\n");
        for (const watcher of [...this.#watchers]) {
          watcher.reject(new Error(`it ended (${ending.code ?? ending.signal}) without ${watcher.wanted}`));
        }
        resolve(ending);
      };
      child.on("error", (error) => {
        this.#take(`cannot start: ${error.message}\n`);
        finish({ code: null, signal: null });
      });
      // unlike "exit", this comes when all of its log has been read
      child.on("close", (code, signal) => finish({ code, signal }));
    });
  }

  /**
   * Starts the executable with these arguments and waits until it listens.
   *
   * @throws {Error} with its log, when it ends before
   */
  static start(args: string[], options: MilterkitOptions = {}): Promise<Milterkit> {
    const addresses = options.addresses ?? args.filter((arg) => arg === "--listen").length;
    return Milterkit.startCommand([milterkitBinary(), ...args], { ...options, addresses });
  }

  /** The same with another program that logs as the executable does. */
  static async startCommand(argv: Argv, options: MilterkitOptions = {}): Promise<Milterkit> {
    const { wrap = endWithUs, addresses = 1, env, cwd } = options;
    const [program, ...args] = wrap(argv);
    const milterkit = new Milterkit(spawn(program, args, {
      env: { ...process.env, NO_COLOR: "1", ...env },
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    }));
    if (addresses === 0) return milterkit;
    try {
      await milterkit.waitForLine(() => milterkit.addresses.length >= addresses, "listening");
    } catch (error) {
      milterkit.signal("SIGKILL");
      throw new Error(`${argv.join(" ")}: ${(error as Error).message}\n${milterkit.log()}`);
    }
    return milterkit;
  }

  /** The first address that it listens on. */
  get address(): string {
    return present(this.addresses[0], "an address in the log");
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Whether it has not ended yet. */
  get running(): boolean {
    return this.#running;
  }

  /** Its log so far; all of it after {@linkcode stop}. */
  log(): string {
    return this.lines.join("\n");
  }

  /** Its log so far as objects, with `--log-format json`. */
  records(): Record<string, unknown>[] {
    return this.lines.map((line) => {
      try {
        return JSON.parse(line);
      } catch (error) {
        throw new Error(`a line of the log is not JSON: ${line}`, { cause: error });
      }
    });
  }

  /**
   * The records of the log for which `predicate` holds, once there are `count`. They come through a pipe, after the
   * answer that they tell of; that there are no more shows in {@linkcode records} after {@linkcode stop}.
   */
  async waitForRecords(
    predicate: (record: Record<string, unknown>) => boolean,
    count = 1,
  ): Promise<Record<string, unknown>[]> {
    const found = () => this.records().filter(predicate);
    await this.waitForLine(() => found().length >= count, `${count} records: ${predicate}`);
    return found();
  }

  /** The first line of the log, written or to come, for which `predicate` holds. */
  waitForLine(
    predicate: (line: string) => boolean,
    wanted: string = String(predicate),
    timeoutMs = 50_000,
  ): Promise<string> {
    const find = () => this.lines.find(predicate);
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    if (!this.#running) return Promise.reject(new Error(`it ended without ${wanted}`));
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(watcher.timer);
        this.#watchers.delete(watcher);
      };
      const watcher: Watcher = {
        wanted,
        find,
        resolve: (line) => {
          done();
          resolve(line);
        },
        reject: (error) => {
          done();
          reject(error);
        },
        timer: setTimeout(
          () => watcher.reject(new Error(`log: no ${wanted} in ${timeoutMs} ms:\n${this.log()}`)),
          timeoutMs,
        ),
      };
      this.#watchers.add(watcher);
    });
  }

  /** Sends it a signal. */
  signal(name: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    // after its own kill() Deno takes any end for the work of that signal
    if (this.#running) process.kill(this.pid, name);
  }

  /** Aborts it, and after a while kills it. */
  async stop(): Promise<Ending> {
    this.signal("SIGINT");
    const timer = setTimeout(() => this.signal("SIGKILL"), 5000);
    const ending = await this.ended;
    clearTimeout(timer);
    return ending;
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop()!;
    for (const line of parts) {
      this.lines.push(line);
      const address = /listening on ([^\s"]+)/.exec(line)?.[1];
      if (address) this.addresses.push(address);
    }
    for (const watcher of [...this.#watchers]) {
      const found = watcher.find();
      if (found !== undefined) watcher.resolve(found);
    }
  }
}

/** `deno test` emits no "exit" event, and none comes with a SIGKILL: the kernel sees to it where it can. */
function endWithUs(argv: Argv): Argv {
  const setpriv = findCommand("setpriv");
  return setpriv ? [setpriv, "--pdeathsig", "KILL", "--", ...argv] : argv;
}
