/**
 * The command that started this program, to start other processes of it.
 *
 * @module
 */

import process from "node:process";

/** Returns the command that started this program. Deno's `node:child_process` puts `run -A` before a script itself. */
export function ownCommand(): { program: string; args: string[] } {
  const [, script = "", ...args] = process.argv;
  const compiled = script.startsWith("/$bunfs/");
  return {
    program: process.execPath,
    args: compiled ? args : [...process.execArgv, script, ...args],
  };
}
