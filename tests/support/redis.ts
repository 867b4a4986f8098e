/**
 * A private Valkey or Redis server (Debian: valkey-server or redis-server) in a folder of its own. MILTERKIT_REDIS names the
 * program of another version.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { retryPort, waitForLog } from "./instance.ts";
import { freePort } from "./ports.ts";
import { type Daemon, findCommand, runOrThrow, startDaemon, SYSTEM_PATH } from "./process.ts";

/** Settings for {@link startRedis}. */
export interface RedisOptions {
  /** More of its settings, such as `["--maxmemory", "2mb"]`. */
  readonly settings?: readonly string[];
  /** Files for TLS; with them the port speaks nothing else. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** A running server. */
export interface Redis {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** Its unix socket, which speaks no TLS. */
  readonly socket: string;
  /** Its folder. */
  readonly folder: string;
  /** Runs a command with redis-cli, over the socket; gives what it prints, without the last line end. */
  cli(...words: string[]): Promise<string>;
  /** Sends the server a signal. */
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again after that, at the same addresses. */
  restart(): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

/** Why no server can be run here, or undefined if one can. */
export function redisProblem(): string | undefined {
  return server() ? undefined : "needs redis-server or valkey-server (Debian: redis-server)";
}

function server(): string | undefined {
  return process.env.MILTERKIT_REDIS || (findCommand("valkey-server") ?? findCommand("redis-server"));
}

/** Starts one that keeps nothing on disk. */
export function startRedis({ settings = [], tls }: RedisOptions = {}): Promise<Redis> {
  return retryPort(async () => {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-redis-"));
    const port = await freePort();
    const socket = join(folder, "socket");
    const logFile = join(folder, "log");
    const argv = [
      server() ?? "redis-server",
      ...(tls ? ["--port", "0", "--tls-port", String(port), ...tlsSettings(tls)] : ["--port", String(port)]),
      ...["--bind", "127.0.0.1", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "no"],
      ...settings,
    ] as const;
    const log = () => readFileSync(logFile, "utf8");
    const start = async (): Promise<Daemon> => {
      const before = starts(log);
      const daemon = startDaemon(argv as unknown as [string], { PATH: SYSTEM_PATH, LC_ALL: "C" }, logFile);
      try {
        await waitForLog(daemon, () => starts(log) > before ? "ready" : log(), /^ready$/, 40_000);
      } catch (error) {
        await daemon.stop();
        throw error;
      }
      return daemon;
    };
    const signal = (name: NodeJS.Signals) =>
      process.kill(Number(readFileSync(`${logFile}.pid`, "utf8")), name);
    const end = () => rmSync(folder, { recursive: true, force: true });
    let daemon: Daemon;
    try {
      daemon = await start();
    } catch (error) {
      end();
      throw error;
    }
    return {
      port,
      socket,
      folder,
      cli: async (...words) => {
        const cli = findCommand("valkey-cli") ?? findCommand("redis-cli") ?? "redis-cli";
        return (await runOrThrow([cli, "-s", socket, ...words])).replace(/\n$/, "");
      },
      signal,
      async kill() {
        signal("SIGKILL");
        await daemon.ended;
      },
      async restart() {
        daemon = await start();
      },
      log,
      async stop() {
        if (daemon.running()) signal("SIGCONT");
        await daemon.stop();
        end();
      },
    };
  });
}

/** How often it was ready. */
function starts(log: () => string): number {
  try {
    return log().split("Ready to accept connections").length;
  } catch {
    return 1;
  }
}

function tlsSettings({ ca, cert, key }: { ca: string; cert: string; key: string }): string[] {
  return ["--tls-ca-cert-file", ca, "--tls-cert-file", cert, "--tls-key-file", key];
}
