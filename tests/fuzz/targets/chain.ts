/**
 * A chain of filters that change a message, against the models of Postfix and Sendmail.
 *
 * @module
 */
import { runChain } from "../../model/chain_run.ts";
import { describeCase } from "../../model/describe_case.ts";
import { problemsOf } from "../../model/judgement.ts";
import { randomCase } from "../../model/random_chain.ts";
import { BytesAsChance } from "../engine/choices.ts";
import { hold, type Target } from "../engine/target.ts";

export const chain: Target = {
  name: "chain",
  promise: "the packets for the MTA make of a message what the filters one after the other would have made",
  cases: 700,
  make: (random) => Uint8Array.from({ length: random.below(500) }, () => random.below(256)),
  async check(bytes) {
    const theCase = randomCase(bytes[0] ?? 0, new BytesAsChance(bytes.subarray(1)));
    const problems = problemsOf(theCase, await runChain(theCase));
    hold(
      problems.length === 0,
      "the message is what the model makes of it",
      () => `${problems.join("; ")}\n${describeCase(theCase)}`,
    );
  },
};
