/** Debian's package on this machine: made, installed, and taken away again. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { components } from "../../scripts/release/components.ts";
import { makeDebianPackage } from "../../scripts/release/debian/package.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { findAccount, findGroup } from "../support/accounts.ts";
import { Milterkit, milterkitBinary } from "../support/milterkit.ts";
import { captured } from "../support/present.ts";
import { type Argv, findCommand, run, runOrThrow } from "../support/process.ts";

/** The configuration that the package writes. */
export const CONFIGURATION = "/etc/milterkit/milterkit.toml";

/** The maintainer scripts of packages in which the configuration was a conffile. */
const CONFFILE_SCRIPTS = fileURLToPath(new URL("./conffile_package/", import.meta.url));

const NEEDED = ["dpkg", "dpkg-deb", "dpkg-query", "adduser", "deluser", "setpriv"];
const PLACES = ["/etc", "/usr/bin", "/usr/lib", "/usr/share", "/var/lib", "/run"];

/** Why the package cannot be tried here, or undefined if it can. */
export function debianPackageProblem(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return "needs Debian and root: to install its package";
  }
  const missing = NEEDED.filter((name) => !findCommand(name));
  if (missing.length > 0) return `needs ${missing.join(", ")} (Debian has them): to install its package`;
  if (findAccount("milterkit") || findGroup("milterkit") || existsSync("/etc/milterkit")) {
    return "needs a machine without a user, group or folder /etc/milterkit, which the package makes and removes (dpkg --purge milterkit)";
  }
}

/** The package, made of the executable that there is. */
export class DebianPackage {
  readonly #folder = mkdtempSync(join(tmpdir(), "milterkit-deb-"));
  /** Its path. */
  readonly path: string;

  constructor() {
    const target = TARGETS.find(({ name }) => name === `linux-${process.arch}`)!;
    const { name, bytes } = makeDebianPackage(target.debian!, {
      version: config.version,
      date: new Date("2026-01-02T03:04:05Z"),
      components: components([target.runtime]),
      executable: readFileSync(milterkitBinary()),
    }, "none");
    this.path = join(this.#folder, name);
    writeFileSync(this.path, bytes);
  }

  /**
   * Makes another package of this one.
   *
   * @param version its version
   * @param change changes the files below the folder that it is made of
   * @param from the package to make it of
   * @returns its path
   */
  async variant(version: string, change: (root: string) => void, from: string = this.path): Promise<string> {
    const root = join(this.#folder, version);
    await runOrThrow(["dpkg-deb", "--raw-extract", from, root]);
    change(root);
    const control = join(root, "DEBIAN/control");
    writeFileSync(control, readFileSync(control, "utf8").replace(/^Version: .*$/m, `Version: ${version}`));
    const path = join(this.#folder, `milterkit_${version}_${basename(from)}`);
    await runOrThrow(["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, path]);
    rmSync(root, { recursive: true });
    return path;
  }

  /**
   * Makes one that has its configuration as a conffile, as packages once did, with their maintainer scripts.
   *
   * @param version its version
   * @param configuration the conffile
   * @param from the package to make it of
   * @returns its path
   */
  async withConffile(version: string, configuration: string, from?: string): Promise<string> {
    return await this.variant(version, (root) => {
      cpSync(CONFFILE_SCRIPTS, join(root, "DEBIAN"), { recursive: true });
      cpSync(join(root, "usr/share/milterkit"), join(root, "etc/milterkit"), { recursive: true });
      rmSync(join(root, "usr/share/milterkit"), { recursive: true });
      writeFileSync(join(root, CONFIGURATION), configuration);
      writeFileSync(join(root, "DEBIAN/conffiles"), `${CONFIGURATION}\n`);
    }, from);
  }

  /** Installs it; also what dpkg leaves out in containers, such as manuals. */
  async install(): Promise<string> {
    return await dpkg("--path-include=*", "--install", this.path);
  }

  /** dpkg's word for its state, such as `installed` or `config-files`. */
  async state(): Promise<string> {
    const { stdout } = await run(["dpkg-query", "-W", "-f", "${db:Status-Status}", "milterkit"]);
    return stdout;
  }

  /** Takes everything of it away, whatever came before. Only where it was not there before. */
  async purge(): Promise<void> {
    if ((await this.state()) !== "") await dpkg("--force-all", "--purge", "milterkit");
    // postrm leaves a user of whom a process is left: that would be one of the test that failed.
    if (findAccount("milterkit")) await run(["deluser", "--quiet", "--system", "milterkit"]);
  }

  /** Removes the package's file. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Installs a package without its manuals: of those, man-db makes an index each time, which takes longest. */
export async function installQuickly(path: string): Promise<void> {
  await dpkg("--path-exclude=/usr/share/man/*", "--force-unsafe-io", "--install", path);
}

/** Runs dpkg, which nobody answers; what it prints. */
export function dpkg(...args: string[]): Promise<string> {
  return runOrThrow(["dpkg", ...args]);
}

/** The installed unit's own command as its own user, since no systemd starts it here. */
export async function startService(): Promise<Milterkit> {
  const unit = readFileSync("/lib/systemd/system/milterkit.service", "utf8");
  const user = captured(unit, /^User=(.*)$/m);
  const identity = [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
  return await Milterkit.startCommand(wordsOf(captured(unit, /^ExecStart=(.*)$/m)), {
    wrap: (argv) => [findCommand("setpriv")!, ...identity, "--pdeathsig", "KILL", "--", ...argv],
  });
}

/** The words of a unit's command. */
export function wordsOf(command: string): Argv {
  const [program = "", ...args] = command.split(" ");
  return [program, ...args];
}

/** Everything that is called after milterkit where packages put things. */
export function traces(): string[] {
  const found = PLACES.flatMap((place) => namedFiles(place));
  return [...found, findAccount("milterkit")?.name, findGroup("milterkit")?.name].filter((name) =>
    name !== undefined
  )
    // Those of tests, and dpkg's own lists.
    .filter((path) => !/tests|\.lock$|^\/var\/lib\/(dpkg|apt)\//.test(path)).sort();
}

function namedFiles(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // Some are not for everybody, some are gone meanwhile.
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (/milterkit/.test(entry.name)) return [path];
    return entry.isDirectory() ? namedFiles(path) : [];
  });
}
