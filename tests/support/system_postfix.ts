/**
 * Postfix as installed by an administrator: Debian's package with its own master.cf and a chrooted
 * smtpd, port 25, and a milter of another user on a UNIX socket below /var/spool/postfix.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { findAccount, findGroup } from "./accounts.ts";
import { type MailServer, readLogs, waitForLog } from "./instance.ts";
import { lock, lockHeld } from "./lock.ts";
import { NextHop } from "./next_hop.ts";
import {
  type Argv,
  type Daemon,
  findCommand,
  run,
  runOrThrow,
  sleep,
  startDaemon,
  SYSTEM_PATH,
} from "./process.ts";

const MAIN_CF = "/etc/postfix/main.cf";
const BACKUP = "/etc/postfix/main.cf.before-milterkit-tests";
const QUEUE = "/var/spool/postfix";
const LOG = "/var/log/milterkit-tests-postfix.log";
const LOCK = "/run/milterkit-tests-postfix.lock";
const CHROOT_FILES = "/usr/lib/postfix/configure-instance.sh";

/** The user whom {@link asMilterUser} stands for: anyone but root and postfix. */
const MILTER_USER = "nobody";

/** Settings for {@link startSystemPostfix}. */
export interface SystemPostfixOptions {
  /** The milter's socket relative to /var/spool/postfix, as in smtpd_milters; no milter if left out. */
  milterSocket?: string;
  /** More settings for main.cf, made by `postconf -e` like the others. */
  mainCf?: Record<string, string>;
}

/** A folder for a milter's socket below /var/spool/postfix. */
export interface MilterFolder {
  /** Absolute path of the socket, for the milter. */
  readonly socket: string;
  /** The same as Postfix sees it, for {@link SystemPostfixOptions.milterSocket}. */
  readonly milterSocket: string;
  remove(): void;
}

/** Why the installed Postfix cannot be used here, or undefined if it can. */
export function systemPostfixProblem(): string | undefined {
  const files = [MAIN_CF, "/etc/postfix/master.cf", CHROOT_FILES];
  if (
    process.platform !== "linux" || process.getuid?.() !== 0 || !findCommand("postfix") ||
    !findCommand("setpriv") || !findGroup("postfix") || !findAccount(MILTER_USER) || !files.every(existsSync)
  ) return "needs the Debian package postfix installed, and root";
  // while another test process has it, or has left it so, it is busy; that will pass
  return lockHeld(LOCK) || existsSync(BACKUP) ? undefined : busy();
}

/** A test process that was killed leaves this to {@link GUARDED}, which may have been killed as well. */
async function cleanUpAfterAnother(): Promise<void> {
  for (const end = Date.now() + 10_000; existsSync(BACKUP) && Date.now() < end;) await sleep(50);
  if (!existsSync(BACKUP)) return;
  await run(["postfix", "stop"]);
  renameSync(BACKUP, MAIN_CF);
}

function busy(): string | undefined {
  if (listens(25)) return "needs the installed Postfix not running, and port 25 free";
  const queued = ["maildrop", "incoming", "active", "deferred", "hold"].some((name) =>
    holdsFile(join(QUEUE, name))
  );
  if (queued) return "needs the queue of the installed Postfix empty: the test would deliver its mail";
}

/** Makes a folder in which only the milter's user can make a socket and only Postfix can reach it. */
export function makeMilterFolder(): MilterFolder {
  const folder = mkdtempSync(join(QUEUE, "milterkit-"));
  chownSync(folder, findAccount(MILTER_USER)!.uid, findGroup("postfix")!.gid);
  chmodSync(folder, 0o750);
  return {
    socket: join(folder, "milter.sock"),
    milterSocket: join(basename(folder), "milter.sock"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * The command that runs this one as an unprivileged user with the group postfix, and ends it with the
 * process that started it. The socket needs mode 0660 to let Postfix in.
 */
export function asMilterUser(argv: Argv): Argv {
  const identity = [`--reuid=${MILTER_USER}`, "--regid=postfix", "--clear-groups"];
  return [findCommand("setpriv") ?? "setpriv", ...identity, "--pdeathsig", "TERM", "--", ...argv];
}

/**
 * Starts the installed Postfix on port 25 of the loopback interface. Nothing of its configuration is
 * changed but main.cf, by `postconf -e`, and that is put back by stop() or when the test process ends.
 *
 * Mail for other domains than the machine's own names arrives at the next hop.
 */
export async function startSystemPostfix(options: SystemPostfixOptions = {}): Promise<MailServer> {
  const unlock = await lock(LOCK);
  let nextHop: NextHop | undefined;
  try {
    nextHop = await NextHop.start();
    return await startLocked(nextHop, options, unlock);
  } catch (error) {
    await nextHop?.stop();
    unlock();
    throw error;
  }
}

async function startLocked(
  nextHop: NextHop,
  options: SystemPostfixOptions,
  unlock: () => void,
): Promise<MailServer> {
  await cleanUpAfterAnother();
  const problem = busy();
  if (problem) throw new Error(problem);
  copyFileSync(MAIN_CF, BACKUP);
  rmSync(LOG, { force: true });
  const settings: Record<string, string> = {
    inet_interfaces: "loopback-only",
    relayhost: `[127.0.0.1]:${nextHop.port}`,
    // there may be no syslog daemon
    maillog_file: LOG,
    ...(options.milterSocket ? { smtpd_milters: `unix:${options.milterSocket}` } : {}),
    ...options.mainCf,
  };
  const outputFile = `${LOG}.output`;
  rmSync(outputFile, { force: true });
  let kept: string | undefined;
  const read = () => kept ?? readLogs(LOG, outputFile);
  let daemon: Daemon | undefined;
  const end = async () => {
    await daemon?.stop(30_000);
    if (existsSync(BACKUP)) renameSync(BACKUP, MAIN_CF);
    kept ??= read();
    for (const file of [LOG, outputFile, `${outputFile}.pid`]) rmSync(file, { force: true });
  };
  try {
    await runOrThrow([
      "postconf",
      "-e",
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ]);
    const env = { PATH: SYSTEM_PATH, LC_ALL: "C" };
    daemon = startDaemon(["sh", "-c", GUARDED, "guarded", CHROOT_FILES, BACKUP, MAIN_CF], env, outputFile);
    await waitForLog(daemon, read, /daemon started/, 30_000);
  } catch (error) {
    await end();
    throw new Error(`installed Postfix: ${(error as Error).message}`);
  }
  return {
    port: 25,
    nextHop,
    logs: () => Promise.resolve(read()),
    async stop() {
      await end();
      await nextHop.stop();
      unlock();
    },
  };
}

function listens(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const listening = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} \\S+ 0A `, "m");
  return listening.test(readLogs("/proc/net/tcp", "/proc/net/tcp6"));
}

function holdsFile(folder: string): boolean {
  return existsSync(folder) &&
    readdirSync(folder, { withFileTypes: true }).some((entry) =>
      !entry.isDirectory() || holdsFile(join(folder, entry.name))
    );
}

/**
 * `postfix start` leaves a daemon behind, so this stays with it until it is told to end. What tests left
 * in the queue, which was empty before, must not go out under the administrator's configuration.
 */
const GUARDED = `
chroot_files=$1 backup=$2 main=$3
trap 'told=1' TERM
sh "$chroot_files" && postfix start || told=1
while [ -z "$told" ]; do sleep 60 & wait $!; done
postfix stop
[ ! -e "$backup" ] || mv -f "$backup" "$main"
postsuper -d ALL
`;
