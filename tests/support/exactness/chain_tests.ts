/**
 * Compares a chain of scripted filters with the same scripts as separate milters on C libmilter, behind one MTA. In each
 * case of tests/mta_cases, everything visible from outside must be equal.
 */
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipFor } from "../instance.ts";
import { postfixProblem } from "../postfix.ts";
import { programCommand } from "../runtime.ts";
import { sendmailProblem } from "../sendmail.ts";
import { allCases, type ExactnessCase, type MtaName } from "./case_file.ts";
import { CaseRunner } from "./case_runner.ts";
import { CompiledFilter } from "./compiled_filter.ts";
import { refmilterProblem } from "./filters.ts";

/** What is asked of a milter alone is no matter of a chain of filters: those cases are for milter_tests.ts. */
export function chainCases(): ExactnessCase[] {
  return allCases().filter(({ file }) => !file.startsWith("asked_milters/"));
}

/** Why nothing can be compared behind this MTA here; undefined where it can. */
export async function comparisonProblem(mta: MtaName): Promise<string | undefined> {
  return refmilterProblem() ?? await (mta === "postfix" ? postfixProblem() : sendmailProblem());
}

/** About a dozen of these, from all files. */
export function aDozenOf(cases: readonly ExactnessCase[]): ExactnessCase[] {
  const step = Math.floor(cases.length / 12);
  return cases.filter((_, i) => i % step === 0);
}

/**
 * Defines the tests behind an MTA. The chain is the same on all runtimes: all cases run on Bun, and a dozen as an executable and
 * on Deno.
 */
export async function testChains(mta: MtaName): Promise<void> {
  const title = `chain exactness, ${mta}`;
  const options = { skip: skipFor(await comparisonProblem(mta)), timeout: 60_000 };
  const program = fileURLToPath(new URL("../scripted_filter.ts", import.meta.url));
  const cases = chainCases().filter(({ mtas }) => mtas.includes(mta));
  const fromSource = new CaseRunner(mta, () => Promise.resolve(programCommand(program)));
  after(() => fromSource.stop());

  for (const theCase of process.versions.bun ? cases : aDozenOf(cases)) {
    test(`${title}, ${theCase.file}: ${theCase.title}`, options, () => fromSource.run(theCase));
  }

  if (!process.versions.bun) return;
  const compiled = new CompiledFilter(program);
  const executable = new CaseRunner(mta, async () => [await compiled.path()]);
  after(async () => {
    await executable.stop();
    await compiled.remove();
  });
  test(`${title}: a dozen cases, compiled`, { ...options, timeout: 180_000 }, async () => {
    for (const theCase of aDozenOf(cases)) await executable.run(theCase);
  });
}
