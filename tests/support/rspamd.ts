/** A private rspamd (Debian: rspamd) that speaks the milter protocol and knows no spam but the test patterns. */
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newFolder, readLogs, retryPort, waitForLog, writeShared } from "./instance.ts";
import { freePort } from "./ports.ts";
import { findCommand, startDaemon, SYSTEM_PATH } from "./process.ts";

/** A text that rspamd refuses. */
export const SPAM = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
/** A text that it marks with `X-Spam: Yes`. */
export const MAYBE_SPAM = "YJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/** A running rspamd. */
export interface Rspamd {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Why no rspamd can be run here, or undefined if one can. */
export function rspamdProblem(): string | undefined {
  return findCommand("rspamd") ? undefined : "needs rspamd (Debian: rspamd)";
}

/** Starts one, which asks no DNS. */
export function startRspamd(): Promise<Rspamd> {
  return retryPort(async () => {
    const folder = newFolder("milterkit-rspamd-");
    const port = await freePort();
    const logFile = join(folder, "log");
    const configuration = join(folder, "rspamd.conf");
    // It writes what it has compiled, as another user.
    chmodSync(folder, 0o777);
    // Of the list of top-level domains, compiling takes longest.
    writeShared(join(folder, "domains"), "com\norg\nexample\n");
    writeShared(configuration, configurationOf(folder, port));
    const argv = [
      findCommand("rspamd") ?? "rspamd",
      "-f",
      "-u",
      "nobody",
      "-g",
      "nogroup",
      "-c",
      configuration,
    ] as const;
    const daemon = startDaemon(argv, { PATH: SYSTEM_PATH, LC_ALL: "C", TMPDIR: folder }, logFile);
    const stop = async () => {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      await waitForLog(daemon, () => readLogs(logFile), /starting rspamd_proxy process/, 60_000);
    } catch (error) {
      await stop();
      throw error;
    }
    return { port, stop };
  });
}

function configurationOf(folder: string, port: number): string {
  return `options {
  pidfile = "${folder}/pid";
  tempdir = "${folder}";
  hs_cache_dir = "${folder}";
  url_tld = "${folder}/domains";
  filters = "";
  enable_test_patterns = true;
  dns { nameserver = ["127.0.0.1:9:1"]; timeout = 1s; retransmits = 1; }
}
logging { type = "console"; level = "info"; }
actions { reject = 15; add_header = 6; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}";
  milter = yes;
  timeout = 10s;
  count = 1;
  upstream "local" { default = yes; self_scan = yes; }
}
`;
}
