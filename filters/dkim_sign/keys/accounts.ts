/**
 * Names of users and groups, for messages about files.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";

/** The user and the group that the packages make for the service. */
export const SERVICE_ACCOUNT = "milterkit";

/** The name of a user; `number 1234` if the system has none for this id. */
export function userName(id: number): string {
  return nameIn("/etc/passwd", id) ?? `number ${id}`;
}

/** The name of a group; `number 1234` if the system has none for this id. */
export function groupName(id: number): string {
  return nameIn("/etc/group", id) ?? `number ${id}`;
}

/** The id of the user that this process runs as; undefined on systems without such ids. */
export function ownId(): number | undefined {
  return process.geteuid?.();
}

/** The name in a file of accounts, whose lines are `name:password:id:` and more. */
function nameIn(path: string, id: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  return text.split("\n").map((line) => line.split(":")).find((fields) => fields[2] === String(id))?.[0];
}
