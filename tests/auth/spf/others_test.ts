// Random records and clients, judged by pyspf and Mail::SPF too: what they say differently is named, with the RFC's words.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import { skipFor } from "../../support/instance.ts";
import { Random, testSeed } from "../../support/random.ts";
import { Peer, peerProblem } from "../peer.ts";
import { type Difference, Differences, OTHERS, RULES } from "./known_differences.ts";
import { type RandomCase, randomCase } from "./random_world.ts";
import { zoneResolver } from "./support.ts";

const CASES = 2500;
/** With another, a rule may have no case. */
const usualSeed = process.env.MILTERKIT_SEED === undefined;

for (const name of OTHERS) {
  test(
    `${name} judges as we do, or differs by a rule that is named`,
    { skip: skipFor(peerProblem(name)), timeout: 120_000 },
    async () => {
      const random = new Random(testSeed("spf"));
      const peer = new Peer(name);
      const differences = new Differences(RULES[name]);
      try {
        for (let i = 0; i < CASES; i++) differences.add(await judged(randomCase(random), peer));
      } finally {
        peer.stop();
      }
      assert.deepEqual(differences.unnamed, []);
      if (usualSeed) assert.deepEqual(differences.unused, [], "agrees by now");
      assert.equal(differences.results.size, 7, "every result occurs");
    },
  );
}

async function judged(random: RandomCase, peer: Peer): Promise<Difference> {
  const { zone, query } = random;
  const asked: string[] = [];
  const ours = await checkSpf(query, {
    resolver: zoneResolver(zone),
    onStep: (step) => {
      if (step.type === "lookup") asked.push(`${step.recordType} ${step.name} ${step.status}`);
    },
  });
  return { ...random, ours, theirs: await peer.spf(query, zone), asked };
}
