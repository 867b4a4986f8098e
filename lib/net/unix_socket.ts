/**
 * Who owns the path of a unix socket: a stale socket is replaced, a live one is not, and at the end only our own goes.
 *
 * @module
 */

import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { AddressError, MAX_UNIX_PATH } from "./address.ts";

/** Who may connect to a unix socket. */
export interface UnixSocketOptions {
  /** Permission bits. @default 0o660 */
  readonly mode?: number;
  /** Name or number of the group that the socket is given to. @default that of the process */
  readonly group?: string;
}

/** A path that is about to be listened on. */
export interface UnixSocketClaim {
  /** Where to bind first: nobody connects there, so access rights are in force before the real path exists. */
  readonly bindPath: string;
  /** Sets the rights and puts the socket in its place, in one step. */
  publish(): void;
  /** Takes the socket away, unless another one has taken its place. */
  remove(): void;
}

/** Linux: a descriptor of what a path leads to, without opening it (open(2)); `node:fs` does not name it. */
const O_PATH = 0o10000000;

/**
 * Makes sure that a path can be taken.
 *
 * @param path the final path
 * @param options who may connect
 * @throws {AddressError} `cannot-listen`: something else is there, someone answers there, the directory is missing, the
 * group is not known
 */
export async function claimUnixSocket(
  path: string,
  options: UnixSocketOptions = {},
): Promise<UnixSocketClaim> {
  const fail = (reason: string): never => {
    throw new AddressError("cannot-listen", `unix:${path}`, `Cannot listen on unix:${path}: ${reason}`);
  };
  const directory = dirname(path);
  if (!tryStat(directory, statSync)?.isDirectory()) fail(`there is no directory ${directory}`);
  const there = tryStat(path, lstatSync);
  if (there && !there.isSocket()) {
    fail("there is a file that is not a socket; remove it, or choose another path");
  }
  if (there && await answers(path)) fail("address in use: another process answers there");
  const gid = options.group === undefined ? undefined : groupId(options.group);
  if (options.group !== undefined && gid === undefined) fail(`there is no group ${options.group}`);
  // Nobody can put anything there before we do.
  const bindPath = join(directory, `.${crypto.randomUUID().slice(0, 8)}`);
  if (new TextEncoder().encode(bindPath).length > MAX_UNIX_PATH) fail("the directory's path is too long");
  let ours: Stats | undefined;
  return {
    bindPath,
    publish() {
      try {
        ours = setRights(bindPath, options.mode ?? 0o660, gid);
        renameSync(bindPath, path);
      } catch (error) {
        ours = undefined;
        unlinkIfThere(bindPath);
        const reason = (error as NodeJS.ErrnoException).code === "EPERM" && gid !== undefined
          ? `cannot give the socket to group ${options.group}: the process is not a member of it`
          : (error as Error).message;
        fail(reason);
      }
    },
    remove() {
      const now = tryStat(path, lstatSync);
      if (!ours || !now || now.dev !== ours.dev || now.ino !== ours.ino) return;
      // The directory may have become read-only; a stale socket is replaced at the next start.
      unlinkIfThere(path);
    },
  };
}

/**
 * Sets the rights of a socket that was just bound. Where others can write to its folder one of them may have put a link in
 * its place, to a file that is to get these rights: no link is followed.
 *
 * @returns what it is, by which it is known again
 * @throws {Error} where something else is there
 */
function setRights(path: string, mode: number, gid: number | undefined): Stats {
  const descriptor = process.platform === "linux" ? openSync(path, O_PATH | constants.O_NOFOLLOW) : undefined;
  try {
    const found = descriptor === undefined ? lstatSync(path) : fstatSync(descriptor);
    const isOurs = found.isSocket() && (!process.geteuid || found.uid === process.geteuid());
    if (!isOurs) throw new Error("something else took the place of the socket while it was made");
    try {
      // A descriptor, which nothing can take the place of: there is no chmod(2) that does not follow a link.
      setAt(descriptor === undefined ? path : `/proc/self/fd/${descriptor}`, mode, gid);
    } catch (error) {
      // No /proc, or a Deno that was not given it.
      const { name, code } = error as NodeJS.ErrnoException;
      if (name !== "NotCapable" && code !== "ENOENT") throw error;
      setAt(path, mode, gid);
    }
    return found;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function setAt(path: string, mode: number, gid: number | undefined): void {
  if (gid !== undefined) chownSync(path, -1 >>> 0, gid);
  chmodSync(path, mode);
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone, or somebody keeps us from it.
  }
}

function tryStat(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path);
  } catch {
    return undefined;
  }
}

/** Whether a process accepts connections at a path. A stale and a live socket both refuse to be bound over. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EACCES" || error.code === "EPERM") {
        const message = `Cannot listen on unix:${path}: a socket is there that this process may not look at`;
        reject(new AddressError("cannot-listen", `unix:${path}`, message));
      } else {
        // Anything else, such as a full backlog (EAGAIN), has somebody behind it. Bun gives ECONNREFUSED for that too, so
        // there a process that no longer accepts is taken for gone.
        resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
      }
    });
  });
}

/** Whether there is a group of a name on this machine; a number always is one. */
export function hasGroup(group: string): boolean {
  return groupId(group) !== undefined;
}

function groupId(group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  try {
    for (const line of readFileSync("/etc/group", "utf8").split("\n")) {
      const [name, , gid] = line.split(":");
      if (name === group) return Number(gid);
    }
  } catch {
    // No such file: then no group has a name here.
  }
  return undefined;
}
