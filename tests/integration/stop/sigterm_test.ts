// SIGTERM while messages are in flight: each of them is finished, nobody new is let in, and the process ends well.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MtaClient } from "../../../lib/mta/client.ts";
import { complaints, Milterkit } from "../../support/milterkit.ts";
import { sleep } from "../../support/process.ts";
import { Random, testSeed } from "../../support/random.ts";
import { FILTERS, Talker } from "./traffic.ts";

const MOMENTS = 20;
const CONNECTIONS = 60;
/** The signal comes at some time of this, in milliseconds; no first message is over before it was heard. */
const LONGEST_WAIT = 200;

const seed = testSeed("SIGTERM at random moments");

function serve(...more: string[]): Promise<Milterkit> {
  return Milterkit.start([
    "serve",
    ...["--listen", "inet:0@127.0.0.1", "--log-format", "json", "--log-level", "debug", ...more],
    ...FILTERS,
  ]);
}

for (let moment = 0; moment < MOMENTS; moment++) {
  test(`moment ${moment + 1}: messages in flight are finished`, { timeout: 120_000 }, async () => {
    const random = new Random(seed + moment);
    const milterkit = await serve();
    try {
      const talkers = await Promise.all(
        Array.from({ length: CONNECTIONS }, (_, i) => Talker.open(milterkit.address, `c${i}`, random)),
      );
      await Promise.all(talkers.map((talker) => talker.begin()));
      const stopping = milterkit.waitForLine((line) => line.includes('"stopping"'));
      stopping.catch(() => {});
      const traffic = Promise.all(talkers.map(async (talker) => {
        await talker.finish(stopping.then(() => sleep(random.below(100))));
        // the same connection may bring another one meanwhile
        if (random.below(4) === 0) {
          await talker.begin();
          await talker.finish();
        }
        talker.quit();
      }));
      // whatever fails first is to be reported, not what follows from it
      traffic.catch(() => {});
      await sleep(random.below(LONGEST_WAIT));
      // who comes at that very moment is either let in, and served to the end, or not
      const newcomers = Promise.all(Array.from({ length: 10 }, async (_, i) => {
        await sleep(random.below(10));
        const newcomer = await Talker.open(milterkit.address, `n${i}`, random).catch(() => undefined);
        if (!newcomer) return;
        talkers.push(newcomer);
        await newcomer.begin();
        await newcomer.finish();
        newcomer.quit();
      }));
      newcomers.catch(() => {});
      await sleep(random.below(10));
      milterkit.signal("SIGTERM");
      const { inMessage } = JSON.parse(await stopping);
      assert.ok(inMessage >= 50, await stopping);
      await assert.rejects(MtaClient.open(milterkit.address), { name: "AddressError" });
      await Promise.all([traffic, newcomers]);
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
      const logged = milterkit.records().filter(({ type }) => type === "message").map((
        { sender, outcome },
      ) => [sender, outcome]);
      const seen = talkers.flatMap((talker) => talker.outcomes);
      assert.deepEqual(logged.sort(), seen.sort());
      assert.deepEqual(complaints(milterkit.lines), []);
      console.log(`moment ${moment + 1}: ${inMessage} in flight of ${seen.length} messages`);
    } finally {
      await milterkit.stop();
    }
  });
}
