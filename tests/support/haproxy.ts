/** A private HAProxy (Debian: haproxy) with the configuration from packaging/, in front of a test's own instances. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { retryPort } from "./instance.ts";
import { freePort } from "./ports.ts";
import { captured } from "./present.ts";
import { findCommand, run, sleep, startDaemon, SYSTEM_PATH } from "./process.ts";

/** The configuration that is handed out. */
export const HAPROXY_CONFIG = new URL("../../packaging/haproxy/haproxy.cfg", import.meta.url);

/** An instance behind HAProxy, on 127.0.0.1. */
export interface Backend {
  /** Where it takes milter connections. */
  readonly port: number;
  /** Where it says whether it is ready; without one a check is a mere connection to `port`. */
  readonly healthPort?: number | undefined;
}

/** What HAProxy says of one instance. */
export interface BackendState {
  /** Whether new connections go there. */
  readonly up: boolean;
  /** Connections that it has now. */
  readonly open: number;
  /** Connections that it has had. */
  readonly total: number;
}

/** A running HAProxy. */
export interface Haproxy {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** What it says of its instances, in their order. */
  states(): Promise<BackendState[]>;
  /** Waits until it says that of them. */
  waitForStates(
    what: string,
    predicate: (states: BackendState[]) => boolean | undefined,
  ): Promise<BackendState[]>;
  log(): string;
  stop(): Promise<void>;
}

/** Why HAProxy cannot be run here, or undefined if it can. */
export function haproxyProblem(): string | undefined {
  return findCommand("haproxy") ? undefined : "needs haproxy (Debian: haproxy)";
}

/** What HAProxy says of a configuration; empty where it is content. */
export async function haproxyComplaint(file: string): Promise<string> {
  const { code, stdout, stderr } = await run([program(), "-c", "-f", file]);
  return code === 0 && !/warning/i.test(stderr) ? "" : stdout + stderr;
}

/** Starts one with the configuration of packaging/, its addresses, users and log replaced. */
export function startHaproxy(backends: readonly Backend[]): Promise<Haproxy> {
  return retryPort(async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-haproxy-"));
    const port = await freePort();
    const config = join(folder, "haproxy.cfg");
    const statsSocket = join(folder, "stats.sock");
    const logFile = join(folder, "log");
    writeFileSync(config, configuration(port, statsSocket, backends));
    const daemon = startDaemon([program(), "-db", "-f", config], { PATH: SYSTEM_PATH }, logFile);
    const log = () => readFileSync(logFile, "utf8");
    const states = async () => backendStates(await ask(statsSocket, "show stat"));
    const stop = async () => {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    const waitForStates: Haproxy["waitForStates"] = async (what, predicate) => {
      for (const end = Date.now() + 40_000;; await sleep(20)) {
        const found = await states().catch(() => []);
        if (found.length > 0 && predicate(found)) return found;
        if (!daemon.running()) throw new Error(`HAProxy: ${await daemon.ended}:\n${log()}`);
        if (Date.now() > end) throw new Error(`HAProxy: not ${what}: ${JSON.stringify(found)}\n${log()}`);
      }
    };
    try {
      await waitForStates("all up", (found) => found.every(({ up }) => up));
    } catch (error) {
      await stop();
      throw error;
    }
    return { port, states, waitForStates, log, stop };
  });
}

function program(): string {
  return findCommand("haproxy") ?? "haproxy";
}

/** The configuration that is handed out, line by line, with what a test must have otherwise. */
function configuration(port: number, statsSocket: string, backends: readonly Backend[]): string {
  const checked = backends.every(({ healthPort }) => healthPort !== undefined);
  const lines = readFileSync(HAPROXY_CONFIG, "utf8").split("\n");
  const replaced = lines.flatMap((line): string[] => {
    const [first = "", second = ""] = line.trim().split(" ");
    if (["chroot", "user", "group", "server"].includes(first)) return [];
    if (line.trim().startsWith("log /dev/log")) return ["log stdout format raw local0"];
    if (first === "stats") return [`stats socket ${statsSocket} mode 600`];
    if (first === "bind") return [line.replace(second, `127.0.0.1:${port}`)];
    if (!checked && (first === "http-check" || second === "httpchk")) return [];
    return [first === "default-server" ? line.replace(/port \d+ /, "") : line];
  });
  const options = captured(lines.join("\n"), /^ *server \S+ \S+(.*)$/m);
  const servers = backends.map((backend, i) => {
    const check = backend.healthPort === undefined ? "" : ` port ${backend.healthPort}`;
    return `    server filter${i + 1} 127.0.0.1:${backend.port}${options}${check}`;
  });
  return [...replaced, ...servers, ""].join("\n");
}

/** One command to the stats socket, and all that it answers. */
function ask(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(path, () => socket.write(`${command}\n`));
    socket.setEncoding("utf8");
    socket.on("data", (text) => answer += text);
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

/** The instances among what `show stat` lists: CSV whose first line, behind "# ", names the columns. */
function backendStates(csv: string): BackendState[] {
  const [head = [], ...rows] = csv.trim().split("\n").map((line) => line.replace(/^# /, "").split(","));
  const instances = rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])))
    .filter(({ svname }) => svname?.startsWith("filter"));
  return instances.map(({ status = "", scur, stot }) => ({
    // "UP 1/2" is one on its way down, "DOWN 1/2" one on its way up.
    up: status.startsWith("UP"),
    open: Number(scur),
    total: Number(stot),
  }));
}
