/** The command-line program in the forms that users run. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { milterkitBinary } from "./milterkit.ts";
import type { Argv } from "./process.ts";
import { programCommand } from "./runtime.ts";

/** What titles of tests call a program, and the words before its arguments. */
export type Program = readonly [title: string, command: Argv];

const SOURCES: Program = [
  "the sources",
  programCommand(fileURLToPath(new URL("../../cli/main.ts", import.meta.url))),
];

/**
 * The program that stands for the runtime of the tests: on Bun the executable, which is Bun with the sources in it; on Deno the
 * sources. The two runs of the tests drive both, and neither twice.
 */
export const PROGRAM: Program = process.versions.bun ? ["the executable", [milterkitBinary()]] : SOURCES;

/**
 * The same and, on Bun, the sources too: for what depends on how the program was started, such as how it starts itself again as a
 * worker.
 */
export const PROGRAMS: readonly Program[] = process.versions.bun ? [PROGRAM, SOURCES] : [PROGRAM];
