/** Runs commands, and servers that end with the test process. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** A program and its arguments. */
export type Argv = readonly [program: string, ...args: string[]];

/** What a finished command said. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Settings for {@link run}. */
export interface RunOptions {
  cwd?: string;
  /** The whole environment; the caller's own if left out. */
  env?: Record<string, string>;
  /** Bytes for standard input, which is empty otherwise. */
  input?: Uint8Array | string;
  timeoutMs?: number;
}

/** Search path of the commands here: root's own path may lack the sbin folders. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where a command is found in {@link SYSTEM_PATH}, or undefined. */
export function findCommand(name: string): string | undefined {
  return SYSTEM_PATH.split(":").map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

/** Runs a command to its end; throws only if it cannot be started or takes too long. */
export function run(argv: Argv, options: RunOptions = {}): Promise<CommandResult> {
  const { timeoutMs = 120_000 } = options;
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? { ...process.env, PATH: SYSTEM_PATH, LC_ALL: "C" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stdout.on("data", (chunk: Uint8Array) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Uint8Array) => stderr.push(chunk));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new Error(`cannot start ${program}: ${error.message}`));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const result = { code: code ?? -1, stdout: text(stdout), stderr: text(stderr) };
      if (late) reject(new Error(`${argv.join(" ")}: not finished after ${timeoutMs} ms: ${result.stderr}`));
      else resolve(result);
    });
    // a command that does not read its input is judged by its exit code
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
  });
}

/** Standard output of a command; a non-zero exit code is an error that says what the command said. */
export async function runOrThrow(argv: Argv, options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code !== 0) throw new Error(`${argv.join(" ")}: exit code ${code}: ${stderr || stdout}`);
  return stdout;
}

/** A server process and everything it started. */
export interface Daemon {
  /** Settled when the process has ended, with a description of how. */
  readonly ended: Promise<string>;
  running(): boolean;
  /** SIGTERM to the whole process group, SIGKILL to what is left after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * The server runs below this shell, which gets SIGTERM from the kernel when the test process ends in
 * whatever way: `deno test` emits no "exit" event, and no event comes with a SIGKILL. The server cannot
 * get that signal itself, since it is forgotten at the first change of the effective user. There is one
 * for every thread that ends, and the server should see only one. One that a test has stopped goes on, so that it ends.
 */
const GUARD = `
pidfile=$1; shift
trap '[ -z "$child" ] || { trap "" TERM; kill -TERM -"$child"; kill -CONT -"$child"; }' TERM
setsid "$@" & child=$!
echo "$child" > "$pidfile"
wait "$child"; code=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
exit $code
`;

const guards = new Set<number>();

process.on("exit", () => {
  for (const pid of guards) signal(pid, "SIGTERM");
});

/** Starts a server in a session of its own. Its output is appended to `logFile`. */
export function startDaemon(argv: Argv, env: Record<string, string>, logFile: string): Daemon {
  const pidFile = `${logFile}.pid`;
  const log = openSync(logFile, "a");
  const command = ["--pdeathsig", "TERM", "sh", "-c", GUARD, "guard", pidFile, ...argv];
  const child = spawn(findCommand("setpriv") ?? "setpriv", command, {
    env,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let over = false;
  const ended = new Promise<string>((resolve) => {
    const finish = (how: string) => {
      over = true;
      if (child.pid !== undefined) guards.delete(child.pid);
      resolve(how);
    };
    child.on("error", (error) => finish(`cannot start ${argv[0]}: ${error.message}`));
    child.on("exit", (code, signal) => finish(signal ? `ended by ${signal}` : `exit code ${code}`));
  });
  const guard = child.pid;
  if (guard === undefined) return { ended, running: () => false, stop: () => Promise.resolve() };
  guards.add(guard);
  return {
    ended,
    running: () => !over,
    async stop(graceMs = 5000) {
      const group = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0;
      if (over && group > 0) signal(-group, "SIGTERM");
      else signal(guard, "SIGTERM");
      const end = Date.now() + graceMs;
      while ((!over || groupAlive(group)) && Date.now() < end) await sleep(10);
      if (groupAlive(group)) signal(-group, "SIGKILL");
      await ended;
    },
  };
}

/** Resolves after `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether a process with this id exists and has not ended yet. */
export function processAlive(pid: number): boolean {
  return processStat(pid) !== undefined;
}

/** The processes that this one has started and that have not ended yet. */
export function childrenOf(pid: number): number[] {
  let children = listedChildren(pid);
  // When a child ends while the kernel writes the list, the next one may be missing: proc_pid_children(5).
  for (let reads = 1; reads < 10 && !children.every(processAlive); reads++) children = listedChildren(pid);
  return children.filter(processAlive);
}

function listedChildren(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
    return text.split(" ").filter((child) => child !== "").map(Number);
  } catch {
    return [];
  }
}

/** Whether a process was started with a variable in its environment; it has another program's before it is started. */
export function hasEnvironment(pid: number, variable: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(variable);
  } catch {
    return false;
  }
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // nobody is there any more
  }
}

/** Ended processes count as members of a group until someone collects them, which may take seconds. */
function groupAlive(group: number): boolean {
  return group > 0 &&
    readdirSync("/proc").some((name) => /^\d+$/.test(name) && processStat(name)?.group === group);
}

function processStat(pid: number | string): { group: number } | undefined {
  try {
    const [, state, group] = /\) (\S) \d+ (\d+) [^)]*$/.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ??
      [];
    return state === "Z" || state === "X" ? undefined : { group: Number(group) };
  } catch {
    return undefined;
  }
}

function text(chunks: Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
