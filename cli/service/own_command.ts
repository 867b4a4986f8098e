/**
 * The command that started this program, to start other processes of it.
 *
 * @module
 */

import process from "node:process";
import { runningProgram } from "../observe/running_program.ts";

/** How to start another process of this program. */
export interface OwnCommand {
  readonly program: string;
  readonly args: string[];
  /** The name that the process is to have in lists of processes; undefined for that of the program. */
  readonly name: string | undefined;
}

/**
 * Returns the command that started this program. After an upgrade it starts the program that runs, not the one that has
 * taken its place: processes of two versions may not understand each other.
 */
export function ownCommand(): OwnCommand {
  const [, script = "", ...args] = process.argv;
  if (runningProgram) return { program: runningProgram.ownPath, args, name: process.execPath };
  // Deno's `node:child_process` puts `run -A` before a script itself.
  return { program: process.execPath, args: [...process.execArgv, script, ...args], name: undefined };
}
