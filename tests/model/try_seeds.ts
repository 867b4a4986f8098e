/** Plays the cases of many seeds, and tells of those that fail. */
import assert from "node:assert/strict";
import type { Case } from "./case.ts";
import type { Run } from "./chain_run.ts";
import { describeCase } from "./describe_case.ts";
import { problemsOf } from "./judgement.ts";
import { randomCase } from "./random_chain.ts";
import type { Seeds } from "./seeds.ts";
import { shrink } from "./shrink.ts";

/** Of how many that fail all is told. */
const TOLD = 3;

/**
 * Plays a case for each seed.
 *
 * @param seeds which
 * @param run what plays a case
 * @throws {assert.AssertionError} where any fails: how many, and the first ones made smaller
 */
export async function trySeeds({ first, last }: Seeds, run: (theCase: Case) => Promise<Run>): Promise<void> {
  const failed: number[] = [];
  const told: string[] = [];
  for (let seed = first; seed <= last; seed++) {
    const theCase = randomCase(seed);
    if ((await problems(theCase)).length === 0) continue;
    failed.push(seed);
    if (told.length < TOLD) told.push(await tell(theCase));
  }
  if (failed.length === 0) return;
  const counted = `${failed.length} of ${last - first + 1} cases fail, with the seeds ${
    failed.slice(0, 20).join(" ")
  }`;
  assert.fail([counted, ...told].join("\n\n"));

  async function problems(theCase: Case): Promise<string[]> {
    try {
      return problemsOf(theCase, await run(theCase));
    } catch (error) {
      return [`threw ${(error as Error).stack}`];
    }
  }

  async function tell(theCase: Case): Promise<string> {
    const smaller = await shrink(theCase, async (other) => (await problems(other)).length > 0);
    const wrong = (await problems(smaller)).map((problem) => `- ${problem}`);
    return [`MILTERKIT_MODEL_SEED=${theCase.seed}, made smaller:`, describeCase(smaller), ...wrong].join(
      "\n",
    );
  }
}
