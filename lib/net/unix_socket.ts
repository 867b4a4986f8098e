/**
 * Claims the path of a unix socket: replaces a stale socket but not a live one, and at the end removes only our own.
 *
 * @module
 */

import {
  accessSync,
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
  /** The name or number of the socket's group. @default that of the process */
  readonly group?: string;
}

/** A claimed path, ready to be listened on. */
export interface UnixSocketClaim {
  /** Where to bind first: nobody connects there, so permissions are set before the final path exists. */
  readonly bindPath: string;
  /** Sets the permissions, and moves the socket to its path in one step. */
  publish(): void;
  /** Removes the socket, unless another one has taken its place. */
  remove(): void;
}

/** Linux: gets a descriptor without opening the file (open(2)); `node:fs` lacks the name. */
const O_PATH = 0o10000000;

/**
 * Checks that a path can be used, and claims it.
 *
 * @param path the final path
 * @param options who may connect
 * @throws {AddressError} `cannot-listen`: there is another file, a process answers there, the directory is missing, or the
 * group is unknown
 */
export async function claimUnixSocket(
  path: string,
  options: UnixSocketOptions = {},
): Promise<UnixSocketClaim> {
  const fail = (reason: string, systemCode?: string): never => {
    const message = `Cannot listen on unix:${path}: ${reason}`;
    throw new AddressError("cannot-listen", `unix:${path}`, message, { systemCode });
  };
  const directory = dirname(path);
  if (!tryStat(directory, statSync)?.isDirectory()) fail(`there is no directory ${directory}`);
  if (isReadOnly(directory)) {
    const unit = `if systemd protects it (ProtectSystem=), the unit needs ReadWritePaths=${directory}`;
    fail(`${directory} is read-only for this process; ${unit}, and a restart`);
  }
  const there = tryStat(path, lstatSync);
  if (there && !there.isSocket()) {
    fail("there is a file that is not a socket; remove it, or choose another path");
  }
  if (there && await answers(path)) fail("address in use: another process answers there", "EADDRINUSE");
  const gid = options.group === undefined ? undefined : groupId(options.group);
  if (options.group !== undefined && gid === undefined) fail(`there is no group ${options.group}`);
  // A name that nobody can guess and take first.
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
 * Sets the permissions of a socket that was just bound. Another user who can write to its folder may have replaced it
 * with a link in order to have these permissions set on a file, so links are not followed.
 *
 * @returns its stats, to recognize it later
 * @throws {Error} if there is something other than a socket
 */
function setRights(path: string, mode: number, gid: number | undefined): Stats {
  const descriptor = process.platform === "linux" ? openSync(path, O_PATH | constants.O_NOFOLLOW) : undefined;
  try {
    const found = descriptor === undefined ? lstatSync(path) : fstatSync(descriptor);
    const isOurs = found.isSocket() && (!process.geteuid || found.uid === process.geteuid());
    if (!isOurs) throw new Error("something else took the place of the socket while it was made");
    try {
      // Through a descriptor, which nothing can replace: chmod(2) always follows links.
      setAt(descriptor === undefined ? path : `/proc/self/fd/${descriptor}`, mode, gid);
    } catch (error) {
      // There is no /proc, or Deno has no permission for it.
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
    // It is gone, or not accessible.
  }
}

/** Whether a directory is read-only for everybody in this process's view of the file system. */
function isReadOnly(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return false;
  } catch (error) {
    // Missing permissions are reported when the socket is bound.
    return (error as NodeJS.ErrnoException).code === "EROFS";
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
        // Any other error, such as a full backlog (EAGAIN), means that a process listens. Bun reports a full backlog as
        // ECONNREFUSED too, so on Bun a process that has stopped accepting counts as gone.
        resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
      }
    });
  });
}

/** Whether this machine has a group with a name; a number is always valid. */
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
    // No such file: then no name is known.
  }
  return undefined;
}
