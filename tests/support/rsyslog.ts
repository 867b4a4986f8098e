/** Debian's rsyslog with a socket of its own, and programs that see this socket as /dev/log. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { newFolder } from "./instance.ts";
import { type Argv, type Daemon, findCommand, sleep, startDaemon, SYSTEM_PATH } from "./process.ts";

/** Gives a command namespaces with a /dev/log; what else it has is for Sendmail. */
const NAMESPACES = fileURLToPath(new URL("sendmail-ns.sh", import.meta.url));

/** How long it may take to start, or to write, in milliseconds. */
const PATIENCE = 40_000;

/** Why there can be none here, or undefined. */
export function rsyslogProblem(): string | undefined {
  const isThere = process.platform === "linux" && process.getuid?.() === 0 && findCommand("rsyslogd");
  return isThere ? undefined : "needs root, and Debian's package rsyslog";
}

/** A log daemon. */
export class Rsyslog {
  /** A folder for it, which all can read. */
  readonly folder = newFolder("milterkit-rsyslog-");
  #daemon: Daemon | undefined;

  constructor() {
    const text = '"%syslogfacility-text%.%syslogseverity-text% %programname%[%procid%]:%msg%\\n"';
    writeFileSync(
      join(this.folder, "rsyslog.conf"),
      `module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${this.#socket}" RateLimit.Interval="0")
template(name="line" type="string" string=${text})
action(type="omfile" file="${join(this.folder, "messages")}" template="line")
`,
    );
  }

  get #socket(): string {
    return join(this.folder, "log.sock");
  }

  /** Starts it. */
  async start(): Promise<void> {
    const config = ["-f", join(this.folder, "rsyslog.conf"), "-i", join(this.folder, "pid")];
    const output = join(this.folder, "output");
    this.#daemon = startDaemon([findCommand("rsyslogd")!, "-n", ...config], { PATH: SYSTEM_PATH }, output);
    for (const end = Date.now() + PATIENCE; !existsSync(this.#socket); await sleep(25)) {
      if (Date.now() > end) throw new Error(`rsyslogd does not start: ${readFileSync(output, "utf8")}`);
    }
  }

  /** Ends it; its socket is gone. */
  async stop(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = undefined;
    rmSync(this.#socket, { force: true });
  }

  /** Ends it for good. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** The command that runs this one where the daemon's socket is /dev/log. */
  readonly wrap = (argv: Argv): Argv => ["sh", NAMESPACES, this.folder, "log.example.test", "", ...argv];

  /** What it has written, such as `mail.info milterkit[42]: text`. */
  get text(): string {
    const file = join(this.folder, "messages");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Waits for a line, and returns it. */
  async waitFor(wanted: RegExp): Promise<string> {
    for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(25)) {
      const line = this.text.split("\n").find((each) => wanted.test(each));
      if (line !== undefined) return line;
    }
    throw new Error(`no ${wanted} in ${PATIENCE} ms:\n${this.text}`);
  }
}
