/** A private clamd (Debian: clamav-daemon) in a folder of its own, whose only signature is of a harmless text. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { join } from "node:path";
import { newFolder, readLogs, retryPort, waitForLog } from "./instance.ts";
import { freePort } from "./ports.ts";
import { type Daemon, findCommand, startDaemon, SYSTEM_PATH } from "./process.ts";

/** The text that clamd finds. */
export const TEST_PATTERN = "MILTERKIT-TEST-PATTERN-THAT-IS-NO-VIRUS-AT-ALL";

/** What it calls the text. */
export const TEST_SIGNATURE = "Milterkit.Test.Pattern.UNOFFICIAL";

/** Settings for {@link startClamd}. */
export interface ClamdOptions {
  /** More lines of clamd.conf, such as `StreamMaxLength 1M`. */
  readonly settings?: readonly string[];
}

/** A running clamd. */
export interface Clamd {
  /** Its unix socket, as milterkit names it. */
  readonly address: string;
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** The same, as milterkit names it. */
  readonly tcpAddress: string;
  /** Whether it runs, perhaps stopped. */
  running(): boolean;
  /** Sends it a signal. */
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again after that, at the same addresses. */
  restart(): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

/** Why no clamd can be run here, or undefined if one can. */
export function clamdProblem(): string | undefined {
  return findCommand("clamd") ? undefined : "needs clamd (Debian: clamav-daemon)";
}

/** Starts one. */
export function startClamd({ settings = [] }: ClamdOptions = {}): Promise<Clamd> {
  return retryPort(async () => {
    const folder = newFolder("milterkit-clamd-");
    const port = await freePort();
    const socket = join(folder, "socket");
    const logFile = join(folder, "log");
    const configuration = join(folder, "clamd.conf");
    mkdirSync(join(folder, "signatures"));
    const hex = [...new TextEncoder().encode(TEST_PATTERN)].map((byte) => byte.toString(16).padStart(2, "0"))
      .join(
        "",
      );
    writeFileSync(join(folder, "signatures/test.ndb"), `Milterkit.Test.Pattern:0:*:${hex}\n`);
    writeFileSync(
      configuration,
      [
        "Foreground yes",
        `DatabaseDirectory ${folder}/signatures`,
        `TemporaryDirectory ${folder}`,
        `LocalSocket ${socket}`,
        "LocalSocketMode 600",
        "FixStaleSocket yes",
        `TCPSocket ${port}`,
        "TCPAddr 127.0.0.1",
        "MaxThreads 4",
        ...settings,
        "",
      ].join("\n"),
    );
    const log = () => readLogs(logFile);
    /** How often it was ready. */
    const starts = () => log().split("Self checking every").length;
    const start = async (): Promise<Daemon> => {
      const before = starts();
      const argv = [findCommand("clamd") ?? "clamd", "-c", configuration] as const;
      const daemon = startDaemon(argv, { PATH: SYSTEM_PATH, LC_ALL: "C" }, logFile);
      try {
        await waitForLog(daemon, () => starts() > before ? "ready" : log(), /^ready$/, 60_000);
      } catch (error) {
        await daemon.stop();
        throw error;
      }
      return daemon;
    };
    const pid = () => Number(readLogs(`${logFile}.pid`));
    const signal = (name: NodeJS.Signals) => void process.kill(pid(), name);
    const end = () => rmSync(folder, { recursive: true, force: true });
    let daemon: Daemon;
    try {
      daemon = await start();
    } catch (error) {
      end();
      throw error;
    }
    return {
      address: `unix:${socket}`,
      port,
      tcpAddress: `inet:${port}@127.0.0.1`,
      running: () => daemon.running(),
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
