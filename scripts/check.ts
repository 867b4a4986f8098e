/**
 * Runs all checks except the tests: layout, lint, types, examples in comments, and this project's own rules
 * (`scripts/rules/`).
 *
 *     deno task check
 */

import process from "node:process";
import { exampleProblems } from "./docs/examples.ts";
import { pageProblems } from "./docs.ts";
import { circleProblems } from "./rules/circles.ts";
import { durationProblems } from "./rules/durations.ts";
import { errorProblems } from "./rules/errors.ts";
import { importProblems } from "./rules/imports.ts";
import { nameProblems } from "./rules/names.ts";
import { sourceFiles, testFiles } from "./rules/source.ts";
import { runProcess } from "./run_process.ts";

/** The commands, each with what it checks. */
const STEPS: readonly (readonly [what: string, ...args: string[]])[] = [
  // With --quiet it would not name the file.
  ["layout (deno fmt fixes it)", "fmt", "--check"],
  ["lint", "lint", "--quiet"],
  ["types", "check", "--quiet", "mod.ts", "cli", "filters", "scripts", "tests", "docs/examples"],
  ["examples in comments", "test", "--quiet", "--doc", "--allow-all", "mod.ts", "lib", "filters"],
];

let failed = 0;
await Promise.all([
  ...STEPS.map(async ([what, ...args]) => {
    // Deno's own path: in a task a bare "deno" could be another one.
    const { code, output } = await runProcess([process.execPath, ...args]);
    report(what, code === 0 ? [] : [output]);
  }),
  exampleProblems().then((problems) => report("types of the examples in docs", problems)),
]);
const files = sourceFiles();
report("imports run one way", [...importProblems(files), ...circleProblems(files)]);
report("one meaning for each exported name", nameProblems(files));
report("one shape for all errors", errorProblems(files));
report("tests judge no durations", durationProblems(testFiles()));
report("generated pages are up to date", await pageProblems());
process.exit(failed > 0 ? 1 : 0);

function report(what: string, problems: readonly string[]): void {
  process.stdout.write(`${problems.length === 0 ? "ok    " : "FAILED"}  ${what}\n`);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) failed++;
}
