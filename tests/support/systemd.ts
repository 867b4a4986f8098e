/** A private systemd, started by systemd-ns.sh, with the units of packaging/systemd and an executable. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeFolder, newFolder, writeShared } from "./instance.ts";
import {
  type Argv,
  childrenOf,
  type CommandResult,
  type Daemon,
  findCommand,
  run,
  sleep,
  startDaemon,
  SYSTEM_PATH,
} from "./process.ts";

const UNITS = fileURLToPath(new URL("../../packaging/systemd", import.meta.url));
const SCRIPT = fileURLToPath(new URL("./systemd-ns.sh", import.meta.url));
const SYSTEMD = "/lib/systemd/systemd";
/** How long anything may take, in milliseconds. */
const PATIENCE = 60_000;
/** Units that ours name, and that do nothing here. */
const TARGETS = ["basic", "sysinit", "sockets", "shutdown", "multi-user", "network-online", "nss-lookup"];

/** Why there can be none here, or undefined. */
export async function systemdProblem(): Promise<string | undefined> {
  const commands = ["unshare", "nsenter", "setpriv", "mount"];
  const needs = "needs root, and Debian's systemd and util-linux";
  if (process.platform !== "linux" || process.getuid?.() !== 0 || !existsSync(SYSTEMD)) return needs;
  if (!commands.every(findCommand)) return needs;
  if (!/\boverlay$/m.test(readFileSync("/proc/filesystems", "latin1"))) return "needs overlay file systems";
  const tried = await run(["unshare", "--mount", "--pid", "--fork", "--cgroup", "true"]);
  return tried.code === 0 ? undefined : `needs namespaces of its own: ${tried.stderr.trim()}`;
}

/** What is to be there before it starts. */
export interface SystemdOptions {
  /** What is seen as /usr/bin/milterkit. */
  readonly program: string;
  /** The text of /etc/milterkit/milterkit.toml. */
  readonly config: string;
  /** Further files of /etc/milterkit. */
  readonly files: Record<string, string>;
  /** Settings for the socket unit, in its section. */
  readonly socket: string;
  /** Further units. */
  readonly units: Record<string, string>;
}

/** A running systemd. */
export class Systemd {
  /** A folder that all can read. */
  readonly folder: string;
  readonly #daemon: Daemon;
  readonly #pid: number;

  private constructor(folder: string, daemon: Daemon, pid: number) {
    this.folder = folder;
    this.#daemon = daemon;
    this.#pid = pid;
  }

  /** Starts it; no unit of ours is started yet. */
  static async start(makeOptions: (folder: string) => SystemdOptions): Promise<Systemd> {
    const folder = newFolder("milterkit-systemd-");
    const { program, config, files, socket, units } = makeOptions(folder);
    for (
      const name of ["units", "units/milterkit.service.d", "units/milterkit.socket.d", "etc"]
    ) {
      makeFolder(join(folder, name));
    }
    for (const name of readdirSync(UNITS)) copyFileSync(join(UNITS, name), join(folder, "units", name));
    for (const name of TARGETS) {
      writeShared(join(folder, "units", `${name}.target`), "[Unit]\nDefaultDependencies=no\n");
    }
    // There is no journal.
    const log = `append:${join(folder, "log")}`;
    writeShared(
      join(folder, "units/milterkit.service.d/test.conf"),
      `[Service]\nStandardOutput=${log}\nStandardError=${log}\n`,
    );
    writeShared(join(folder, "units/milterkit.socket.d/test.conf"), `[Socket]\n${socket}\n`);
    for (const [name, text] of Object.entries(units)) writeShared(join(folder, "units", name), text);
    for (const [name, text] of Object.entries({ ...files, "milterkit.toml": config })) {
      writeShared(join(folder, "etc", name), text);
    }
    const daemon = startDaemon(
      ["sh", SCRIPT, folder, program],
      { PATH: SYSTEM_PATH },
      join(folder, "output"),
    );
    const systemd = new Systemd(folder, daemon, await firstProcess(folder, daemon));
    for (const end = Date.now() + PATIENCE;; await sleep(50)) {
      const { stdout } = await systemd.run("systemctl", "is-system-running");
      if (stdout.trim() === "running") return systemd;
      if (Date.now() > end) throw new Error(`systemd does not start: ${stdout}\n${systemd.log()}`);
    }
  }

  /** Runs a command where this systemd is the one there is. */
  run(...command: Argv): Promise<CommandResult> {
    return run(["nsenter", "-t", String(this.#pid), "-m", "-p", "-C", "--", ...command]);
  }

  /** Runs systemctl; what fails is an error. */
  async systemctl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run("systemctl", ...args);
    if (code !== 0) throw new Error(`systemctl ${args.join(" ")}: ${code}: ${stderr}\n${this.log()}`);
    return stdout;
  }

  /** A property of the service. */
  async property(name: string): Promise<string> {
    return (await this.systemctl("show", "--value", "-p", name, "milterkit.service")).trim();
  }

  /** Waits until a property of the service is so. */
  async waitFor(name: string, value: string): Promise<void> {
    for (const end = Date.now() + PATIENCE; await this.property(name) !== value; await sleep(50)) {
      if (Date.now() < end) continue;
      throw new Error(`${name} is ${await this.property(name)}, not ${value}:\n${this.log()}`);
    }
  }

  /** Writes the configuration file anew. */
  configure(text: string): void {
    writeShared(join(this.folder, "etc/milterkit.toml"), text);
  }

  /** What systemd and the service have written. */
  log(): string {
    return ["output", "log"].map((name) => join(this.folder, name)).filter(existsSync).map((file) =>
      readFileSync(file, "utf8")
    ).join("");
  }

  /** Stops the service, and ends all. */
  async stop(): Promise<void> {
    // Its folders below /tmp go with it.
    await this.run("systemctl", "stop", "milterkit*.socket", "milterkit.service");
    process.kill(this.#pid, "SIGKILL");
    await this.#daemon.stop();
    const group = readFileSync(join(this.folder, "cgroup.path"), "utf8").trim();
    mkdirSync(join(this.folder, "cgroup"), { recursive: true });
    const remove = 'mount -t cgroup2 cgroup2 "$1" && find "$2" -depth -type d -exec rmdir {} +';
    await run(["unshare", "--mount", "sh", "-c", remove, "sh", join(this.folder, "cgroup"), group]);
    rmSync(this.folder, { recursive: true });
  }
}

/** The name of the program that a process runs; undefined if the process has ended. */
function programOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  } catch {
    return undefined;
  }
}

/** The process that is systemd: the one below unshare(1), which has become the shell that wrote its control group. */
async function firstProcess(folder: string, daemon: Daemon): Promise<number> {
  const file = join(folder, "cgroup.path");
  for (const end = Date.now() + PATIENCE; Date.now() < end && daemon.running(); await sleep(25)) {
    const path = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    const [systemd] = path === "" ? [] : childrenOf(Number(path.slice(path.lastIndexOf("-") + 1)));
    if (systemd !== undefined && programOf(systemd) === "systemd") return systemd;
  }
  throw new Error(`systemd does not start:\n${readFileSync(join(folder, "output"), "utf8")}`);
}
