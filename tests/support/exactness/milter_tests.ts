/**
 * Compares filters on C libmilter that a chain calls through `--filter milter` with the same filters called by the MTA.
 * Everything visible from outside must be equal; with one filter, also everything that the filter sees. The cases are
 * those for chains, in tests/mta_cases. Here a chain is closer to separate milters, as Milterkit's API is not involved.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipFor } from "../instance.ts";
import { programCommand } from "../runtime.ts";
import { allCases, type ExactnessCase, type MtaName } from "./case_file.ts";
import { aDozenOf, comparisonProblem } from "./chain_tests.ts";
import { Comparison } from "./comparison.ts";
import { problemsOf } from "./judgement.ts";

/** Of so many cases one is run. Sendmail takes its time for each. */
const EVERY: Record<MtaName, number> = { postfix: 1, sendmail: 3 };

/** What differs, and why. */
const DIFFERENT: Record<MtaName, Readonly<Record<string, string>>> = {
  postfix: {},
  sendmail: {
    "skip at connect": "Sendmail takes the milter for broken; F= says what follows there, --on-error here",
    "skip at helo": "the same",
    "skip at mail": "the same",
    "skip at data": "the same",
    "skip at rcpt, negotiated": "the same",
    "skip at rcpt, not negotiated": "the same",
    "skip at an unknown command": "the same, but that the next message tries the milter again",
    "connect: discard, where there is nothing to discard":
      "Sendmail takes it for accept, Postfix goes on, and so do we",
  },
};

/**
 * Defines the tests behind an MTA. What asks milters is the same on all runtimes: all cases run on Bun, a dozen of them and those
 * that differ on Deno.
 */
export async function testAskedMilters(mta: MtaName): Promise<void> {
  const options = { skip: skipFor(await comparisonProblem(mta)), timeout: 120_000 };
  const program = fileURLToPath(new URL("../../milter/gateway.ts", import.meta.url));
  const all = allCases().filter(({ mtas }) => mtas.includes(mta));
  const dozen = new Set(aDozenOf(all));
  const cases = all.filter((each, i) =>
    each.title in DIFFERENT[mta] || (process.versions.bun ? i % EVERY[mta] === 0 : dozen.has(each))
  );
  let started: Promise<Comparison> | undefined;
  const stop = async (): Promise<void> => {
    const running = started;
    started = undefined;
    await running?.then((comparison) => comparison.stop(), () => {});
  };
  after(stop);

  /** What is not equal; nothing where the chain differs just as the case says that one of Milterkit's filters does. */
  const unequal = async (theCase: ExactnessCase): Promise<string[]> => {
    started ??= Comparison.start({ mta, chain: programCommand(program) });
    try {
      const outcome = await (await started).run(theCase);
      const problems = problemsOf({ ...theCase, differences: [] }, mta, { ...outcome, instead: undefined });
      return theCase.differences.length > 0 && problemsOf(theCase, mta, outcome).length === 0 ? [] : problems;
    } catch (error) {
      await stop();
      throw error;
    }
  };

  for (const file of new Set(cases.map(({ file }) => file))) {
    test(`milters of a chain as those of the MTA, ${mta}, ${file}`, options, async () => {
      const different: string[] = [];
      for (const theCase of cases.filter((each) => each.file === file)) {
        const problems = await unequal(theCase);
        if (problems.length === 0) continue;
        if (!(theCase.title in DIFFERENT[mta])) {
          assert.fail(
            [`${file}:${theCase.line}: ${theCase.title} (- milters, + chain)`, ...problems].join("\n"),
          );
        }
        different.push(theCase.title);
      }
      const expected = cases.filter((each) => each.file === file && each.title in DIFFERENT[mta]);
      assert.deepEqual(different, expected.map(({ title }) => title));
    });
  }
}
