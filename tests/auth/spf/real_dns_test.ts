// Random records of a real name server, judged by pyspf and Mail::SPF too, all three with their own resolver.
// MILTERKIT_CASES=5000 judges as many, not only those of this runtime's half, and prints how often each rule applies.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import { StubResolver } from "../../../lib/dns/stub.ts";
import { nsdProblem, startNsd } from "../../dns/nsd.ts";
import { skipFor } from "../../support/instance.ts";
import { Random, testSeed } from "../../support/random.ts";
import { ownHalf } from "../../support/runtime.ts";
import { Peer, peerProblem } from "../peer.ts";
import { Differences, OTHERS, RULES, RULES_OF_REAL_DNS } from "./known_differences.ts";
import { numberedCase, zonesOf } from "./random_zones.ts";
import type { RandomCase } from "./random_world.ts";

/** How many both runtimes judge together. */
const CASES = 600;
/** How many one server holds. */
const PART = 500;

const given = Number(process.env.MILTERKIT_CASES);
const { first, end } = given > 0 ? { first: 0, end: given } : ownHalf(CASES);
const problem = nsdProblem() ?? OTHERS.map(peerProblem).find((each) => each !== undefined);

test("pyspf and Mail::SPF judge records of a real name server as we do, or differ by a named rule", {
  skip: skipFor(problem),
  timeout: 3_600_000,
}, async () => {
  const seed = testSeed("SPF of a real name server");
  const others = OTHERS.map((name) => ({
    name,
    peer: new Peer(name),
    differences: new Differences([...RULES[name], ...RULES_OF_REAL_DNS[name]]),
  }));
  try {
    for (let start = first; start < end; start += PART) {
      const count = Math.min(PART, end - start);
      const cases = Array.from({ length: count }, (_, i) => {
        return numberedCase(new Random(seed + start + i), start + i);
      });
      await judge(cases, others);
    }
  } finally {
    for (const { peer } of others) peer.stop();
  }
  for (const { name, differences } of others) {
    if (given > 0) report(name, differences);
    assert.deepEqual(differences.unnamed, [], name);
    assert.ok(differences.results.size >= 6, `${[...differences.results.keys()]}`);
  }
});

interface Judge {
  readonly peer: Peer;
  readonly differences: Differences;
}

async function judge(cases: readonly RandomCase[], others: readonly Judge[]): Promise<void> {
  const server = await startNsd(zonesOf(cases));
  const resolver = new StubResolver({ servers: [server.address] });
  try {
    for (const random of cases) {
      const asked: string[] = [];
      const ours = await checkSpf(random.query, {
        resolver,
        onStep: (step) => {
          if (step.type === "lookup") asked.push(`${step.recordType} ${step.name} ${step.status}`);
        },
      });
      const theirs = await Promise.all(
        others.map(({ peer }) => peer.spf(random.query, { port: server.port })),
      );
      for (const [i, { differences }] of others.entries()) {
        const result = theirs[i];
        if (result !== undefined) differences.add({ ...random, ours, theirs: result, asked });
      }
    }
  } finally {
    resolver.close();
    await server.stop();
  }
}

function report(name: string, { named, results, unnamed }: Differences): void {
  const lines = [...named].sort(([, a], [, b]) => b - a).map(([rule, count]) => `  ${count} ${rule}`);
  const counts = [...results].map(([result, count]) => `${result} ${count}`).join(", ");
  console.log(
    [`${name}: ${end - first} cases (${counts}), ${unnamed.length} not explained`, ...lines].join("\n"),
  );
}
