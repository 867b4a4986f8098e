/** Runs programs of others, whose resolver reads /etc/resolv.conf alone, with another such file. */
import { existsSync } from "node:fs";
import process from "node:process";
import { type Argv, run } from "./process.ts";

const PRIVATELY: Argv = ["unshare", "-m", "--propagation", "private", "--"];
const WITH_RESOLVER = 'mount --bind "$1" /etc/resolv.conf; shift; exec "$@"';

/** The command, shown this file as /etc/resolv.conf. */
export function withResolver(file: string, argv: Argv): Argv {
  return [...PRIVATELY, "sh", "-ec", WITH_RESOLVER, "sh", file, ...argv];
}

/** Why a program cannot be given another resolv.conf here, or undefined if it can. */
export async function resolverProblem(program: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return `needs ${program}: root, for a resolv.conf of its own`;
  if (!existsSync("/etc/resolv.conf")) {
    return `needs ${program}: there is no /etc/resolv.conf to put another over`;
  }
  const { code, stderr } = await run([...PRIVATELY, "true"]);
  if (code !== 0) return `needs ${program}: private namespaces are not allowed here: ${stderr.trim()}`;
}
