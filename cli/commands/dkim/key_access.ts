/**
 * Decides who may read a new key: its owner, and the group of the service.
 *
 * @module
 */

import { readFileSync, statSync } from "node:fs";
import process from "node:process";
import { groupName, SERVICE_ACCOUNT, userName } from "../../../filters/dkim_sign/keys/accounts.ts";
import { invalidArgument, UsageError } from "../../terminal/arguments.ts";

/** Who may read a file. */
export interface KeyAccess {
  /** The permissions of the file. */
  readonly mode: number;
  /** Its owner and group; undefined where they stay those of this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

const OWNER_ONLY = 0o600;
const GROUP_READS = 0o640;
const ROOT = 0;

/**
 * Who may read a new key. If root makes it, it belongs to root, and the service's group may read it; otherwise it belongs to
 * whoever makes it, who alone may read it.
 *
 * @param program what error messages begin with
 * @param group the group that was asked for; undefined for that of the service, if there is one
 * @throws {UsageError} if there is no such group, or this process is not root
 */
export function accessOfNewKey(program: string, group: string | undefined): KeyAccess {
  const isRoot = process.geteuid?.() === ROOT;
  if (group !== undefined && !isRoot) {
    throw new UsageError(`${program}: only root can give a key to the group ${group}`, group);
  }
  const gid = isRoot ? groupId(group ?? SERVICE_ACCOUNT) : undefined;
  if (gid !== undefined) return { mode: GROUP_READS, owner: { uid: ROOT, gid } };
  if (group === undefined) return { mode: OWNER_ONLY, owner: undefined };
  throw invalidArgument(
    program,
    "--group",
    group,
    "there is no such group in /etc/group; you can also give its number",
  );
}

/**
 * Who may read the key that replaces another: the same as that one.
 *
 * @param program what error messages begin with
 * @param path the file of the key that is replaced
 * @throws {UsageError} if this process cannot make such a file
 */
export function accessAsOf(program: string, path: string): KeyAccess {
  const { mode, uid, gid } = statSync(path);
  const own = process.geteuid?.();
  if (own !== undefined && own !== ROOT && own !== uid) {
    throw new UsageError(`${program}: run it as root or as ${userName(uid)}, who owns ${path}`, path);
  }
  return { mode: mode & 0o777, owner: own === undefined ? undefined : { uid, gid } };
}

/** Permissions in words, such as `mode 0640, root:milterkit`. */
export function accessWords(path: string): string {
  const { mode, uid, gid } = statSync(path);
  const digits = (mode & 0o7777).toString(8).padStart(4, "0");
  return process.geteuid === undefined
    ? `mode ${digits}`
    : `mode ${digits}, ${userName(uid)}:${groupName(gid)}`;
}

function groupId(group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  try {
    const lines = readFileSync("/etc/group", "utf8").split("\n").map((line) => line.split(":"));
    const id = lines.find(([name]) => name === group)?.[2];
    return id === undefined ? undefined : Number(id);
  } catch {
    return undefined;
  }
}
