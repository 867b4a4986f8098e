/** A bounded part of what `deno task fuzz` does: cases of one seed, and every case that was ever kept. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { testSeed } from "../support/random.ts";
import { ownHalf } from "../support/runtime.ts";
import { judge } from "./engine/judge.ts";
import { keptCases } from "./engine/kept.ts";
import { run } from "./engine/run.ts";
import { Watchdog } from "./engine/watchdog.ts";
import { TARGETS } from "./targets/index.ts";

const seed = testSeed("fuzz");
const watchdog = new Watchdog(60_000);

describe("fuzz", () => {
  for (const target of TARGETS) {
    it(`${target.name}: ${target.promise}`, async () => {
      for (const { name, bytes } of keptCases(target.name)) {
        watchdog.begins(target.name, bytes);
        assert.equal((await judge(target, bytes))?.text, undefined, `found/${target.name}/${name}`);
      }
      watchdog.rests();
      const { first, end } = ownHalf(target.cases);
      const { found } = await run(target, { seed, first, cases: end - first, watchdog });
      const told = found.map(({ number, bytes, text }) =>
        `deno task fuzz --target ${target.name} --seed ${seed}, case ${number}: ${
          JSON.stringify([...bytes.slice(0, 300)])
        }\n${text}`
      );
      assert.deepEqual(told, []);
    });
  }

  after(() => watchdog.end());
});
