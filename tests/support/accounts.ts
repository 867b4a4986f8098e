/** Unprivileged accounts and groups of this system. */
import { readFileSync } from "node:fs";

/** A user of /etc/passwd. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** A group of /etc/group. */
export interface Group {
  name: string;
  gid: number;
}

function fields(file: string): string[][] {
  return readFileSync(file, "utf8").split("\n").filter((line) => line !== "").map((line) => line.split(":"));
}

/** The user of this name, if there is one. */
export function findAccount(name: string): Account | undefined {
  const found = fields("/etc/passwd").find((entry) => entry[0] === name);
  return found && { name, uid: Number(found[2]), gid: Number(found[3]) };
}

/** The group of this name, if there is one. */
export function findGroup(name: string): Group | undefined {
  const found = fields("/etc/group").find((entry) => entry[0] === name);
  return found && { name, gid: Number(found[2]) };
}

/**
 * An account and an unrelated group for a private Postfix, which insists on both and wants them shared
 * with nothing else. Existing ones that no program uses will do, so nothing has to be added.
 */
export function postfixAccounts(): { owner: Account; setgid: Group } {
  const users = fields("/etc/passwd");
  const owner = ["news", "list", "uucp", "games", "irc"].map(findAccount).find((account) =>
    account && account.uid > 0 && account.gid > 0 &&
    users.filter((entry) => Number(entry[2]) === account.uid).length === 1
  );
  const setgid = ["lp", "voice", "fax", "tape", "floppy", "dialout"].map(findGroup).find((group) =>
    group && group.gid > 0 && group.gid !== owner?.gid
  );
  if (!owner || !setgid) throw new Error("no account or group to spare for Postfix's mail_owner");
  return { owner, setgid };
}
