/**
 * Who may read and write a file of a key, and the folders that it is in.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { groupName, ownId, SERVICE_ACCOUNT, userName } from "./accounts.ts";

/** What is known about a file. */
export type Permissions = Pick<Stats, "mode" | "uid" | "gid">;

const ROOT = 0;
const WRITTEN_BY_OTHERS = 0o002;
const WRITTEN_BY_GROUP = 0o020;
const READ_BY_OTHERS = 0o004;

/** The mode as for `chmod`, the owner and the group: `mode 0640, owner root, group milterkit`. */
export function permissionsText({ mode, uid, gid }: Permissions): string {
  return `mode ${modeText(mode)}, owner ${userName(uid)}, group ${groupName(gid)}`;
}

/**
 * What is wrong with the permissions of a key's file, and what to do. Others may neither read nor replace a private key.
 * The service's group may read it, and it must belong to root or to the user that runs this process. Where that is root, it
 * may also belong to the user of the service, whose configuration root checks.
 *
 * @param path the file
 * @param permissions its own, not those of a link to it
 * @returns a clause; undefined if they are right, and on systems without such permissions
 */
export function fileProblem(path: string, permissions: Permissions): string | undefined {
  const own = ownId();
  if (own === undefined) return undefined;
  const { mode, uid, gid } = permissions;
  const is = `it has ${permissionsText(permissions)}, so`;
  if ((mode & READ_BY_OTHERS) !== 0) return `${is} everybody can read it; run chmod 0640 ${path}`;
  if ((mode & WRITTEN_BY_OTHERS) !== 0) return `${is} everybody can write to it; run chmod 0640 ${path}`;
  if ((mode & WRITTEN_BY_GROUP) !== 0) {
    return `${is} its group ${groupName(gid)} can write to it; run chmod 0640 ${path}`;
  }
  if (uid === ROOT || uid === own || (own === ROOT && userName(uid) === SERVICE_ACCOUNT)) return undefined;
  return `${is} its owner ${userName(uid)} can replace it; run chown root ${path}`;
}

/**
 * What is unsafe about the permissions of a folder with keys: anyone who can write to it can replace them.
 *
 * @param path the folder
 * @param permissions its own
 * @returns a sentence; undefined if nothing is
 */
export function folderWarning(path: string, permissions: Permissions): string | undefined {
  const own = ownId();
  if (own === undefined) return undefined;
  const { mode, uid, gid } = permissions;
  const who = (mode & WRITTEN_BY_OTHERS) !== 0
    ? "everybody"
    : (mode & WRITTEN_BY_GROUP) !== 0
    ? `its group ${groupName(gid)}`
    : uid === ROOT || uid === own || own === ROOT && userName(uid) === SERVICE_ACCOUNT
    ? undefined
    : `its owner ${userName(uid)}`;
  if (who === undefined) return undefined;
  const remedy = who.startsWith("its owner") ? `chown root ${path}` : `chmod go-w ${path}`;
  return `${path} has ${permissionsText(permissions)}, so ${who} can replace keys in it; run ${remedy}`;
}

function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
