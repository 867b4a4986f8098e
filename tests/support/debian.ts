/**
 * Unpacks Debian packages into a cache folder and runs them from there.
 *
 * As installed packages, Postfix and Sendmail conflict, and a test should not install either.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { lock } from "./lock.ts";
import { type Argv, findCommand, run, runOrThrow, SYSTEM_PATH } from "./process.ts";

/** The mail servers that can be unpacked. */
export type Server = "postfix" | "sendmail";

interface Recipe {
  packages: string[];
  /** What has to be there, with all its libraries, for the server to work. */
  programs: string[];
  /** Commands of the system that are needed to unpack and start it. */
  commands: string[];
}

const RECIPES: Record<Server, Recipe> = {
  postfix: {
    packages: ["postfix"],
    programs: [
      ...["master", "smtpd", "cleanup", "qmgr", "smtp", "trivial-rewrite", "pickup", "postlogd"].map((name) =>
        `usr/lib/postfix/sbin/${name}`
      ),
      "usr/sbin/sendmail",
      "usr/sbin/postdrop",
    ],
    commands: ["apt-get", "dpkg", "dpkg-deb", "dpkg-query", "ldd", "setpriv"],
  },
  sendmail: {
    packages: ["sendmail-bin", "sendmail-base", "sendmail-cf", "m4"],
    programs: ["usr/libexec/sendmail/sendmail", "usr/bin/m4"],
    commands: ["apt-get", "dpkg", "dpkg-deb", "dpkg-query", "ldd", "setpriv", "unshare", "mount", "hostname"],
  },
};

/** Folder of the unpacked packages; MILTERKIT_MTA_CACHE names another. */
export function cacheFolder(): string {
  return resolve(
    process.env.MILTERKIT_MTA_CACHE || join(tmpdir(), `milterkit-mta-${process.getuid?.() ?? 0}`),
  );
}

/** Why this server cannot be run here, or undefined if it can. */
export async function serverProblem(server: Server): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return `needs ${server}: root and apt-get (Debian)`;
  }
  const missing = RECIPES[server].commands.filter((name) => !findCommand(name));
  if (missing.length > 0) return `needs ${server}: ${missing.join(", ")} not found (Debian has them)`;
  const closed = closedFolder(tmpdir()) ?? closedFolder(cacheFolder());
  if (closed) return `needs ${server}: ${closed} must be searchable by others`;
  if (server === "sendmail") {
    const { code, stderr } = await run(["unshare", "-u", "-m", "--propagation", "private", "--", "true"]);
    if (code !== 0) return `needs sendmail: private namespaces are not allowed here: ${stderr.trim()}`;
  }
  try {
    await unpack(server);
  } catch (error) {
    return `needs ${server}: ${(error as Error).message.trim()}`;
  }
}

/** Unpacks the server unless that was done before; the result is the root folder of its files. */
export async function unpack(server: Server): Promise<string> {
  const { packages, programs } = RECIPES[server];
  const cache = cacheFolder();
  const root = join(cache, server);
  const complete = () => programs.every((program) => existsSync(join(root, program)));
  ownFolder(cache);
  if (complete()) return root;
  const unlock = await lock(`${cache}/${server}.lock`);
  try {
    if (complete()) return root;
    const fresh = join(cache, `${server}.${process.pid}`);
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh);
    try {
      await fill(fresh, packages, programs);
      // something cleaned up half of an older one
      rmSync(root, { recursive: true, force: true });
      renameSync(fresh, root);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    return root;
  } finally {
    unlock();
  }
}

/** The environment in which programs of an unpacked root find their libraries. */
export function unpackedEnv(root: string): Record<string, string> {
  return { PATH: SYSTEM_PATH, LC_ALL: "C", LD_LIBRARY_PATH: libraryPath(root) };
}

/** The library folders of an unpacked root, joined by colons. */
export function libraryPath(root: string): string {
  const folders = [join(root, "usr/lib/postfix")];
  for (const lib of ["usr/lib", "lib"]) {
    if (!existsSync(join(root, lib))) continue;
    for (const name of readdirSync(join(root, lib))) {
      if (name.includes("-linux-gnu")) folders.push(join(root, lib, name));
    }
  }
  return folders.join(":");
}

/** The cache's parent may be writable by all: what another user put there must not be run as root. */
function ownFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new Error(`${path} must be a folder that only its owner, this user, can write to`);
  }
  chmodSync(path, 0o755);
}

/** Postfix's unprivileged daemons have to get through every folder above their own. */
function closedFolder(path: string): string | undefined {
  for (let folder = path;; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Unpacks the packages, then, while a library is missing, the libraries that they depend on and that
 * the system does not have.
 */
async function fill(root: string, packages: string[], programs: string[]): Promise<void> {
  const folder = `${root}.debs`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  try {
    const seen = new Set<string>();
    let wanted = packages;
    for (let round = 0; round < 6; round++) {
      await download(wanted, folder);
      wanted.forEach((name) => seen.add(name));
      const files = readdirSync(folder).map((name) => join(folder, name));
      for (const file of files) await runOrThrow(["dpkg", "-x", file, root]);
      dropSpecialModes(root, programs);
      if ((await missingLibraries(root, programs)).length === 0) return;
      wanted = (await libraryPackages(files)).filter((name) => !seen.has(name));
      if (wanted.length === 0) break;
      for (const file of files) rmSync(file);
    }
    throw new Error(`libraries not found: ${(await missingLibraries(root, programs)).join(", ")}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The loader ignores LD_LIBRARY_PATH for a program with a setuid or setgid bit. */
function dropSpecialModes(root: string, programs: string[]): void {
  for (const program of programs) chmodSync(join(root, program), 0o755);
}

async function download(packages: string[], folder: string): Promise<void> {
  // _apt, which fetches otherwise, cannot write to our folder
  const apt: Argv = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "DPkg::Lock::Timeout=120"];
  const get = () =>
    run([...apt, "-o", "Acquire::http::Timeout=20", "download", ...packages], { cwd: folder });
  let result = await get();
  if (result.code !== 0) {
    // a fresh system has no package lists, and an old list names files that are gone
    await run([...apt, "-o", "Acquire::http::Timeout=20", "update"]);
    result = await get();
  }
  if (result.code !== 0) {
    throw new Error(`apt-get download ${packages.join(" ")}: ${lastLine(result.stderr)}`);
  }
}

async function missingLibraries(root: string, programs: string[]): Promise<string[]> {
  const paths = programs.map((program) => join(root, program));
  const { stdout } = await run(["ldd", ...paths], { env: unpackedEnv(root) });
  return [...new Set([...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, library = ""]) => library))];
}

/** Libraries that these package files depend on and that are not installed. */
async function libraryPackages(files: string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const file of files) {
    const fields = await runOrThrow(["dpkg-deb", "-f", file, "Depends", "Pre-Depends"]);
    for (const [, name = ""] of fields.matchAll(/(?:^[\w-]+:|,)\s*(lib[a-z0-9.+-]+)/gm)) names.add(name);
  }
  // a C library beside the one the system's loader belongs to would only break things
  names.delete("libc6");
  const { stdout } = await run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"]);
  const installed = new Set(
    stdout.split("\n").filter((line) => line.startsWith("installed ")).map((line) => line.slice(10)),
  );
  return [...names].filter((name) => !installed.has(name));
}

function lastLine(output: string): string {
  return output.trim().split("\n").pop() ?? "";
}
