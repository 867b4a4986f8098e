// What --stop-timeout leaves of the connections, and what a second signal does.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MtaClient } from "../../../lib/mta/client.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { freePort } from "../../support/ports.ts";
import { at } from "../../support/present.ts";
import { sleep } from "../../support/process.ts";
import { Random } from "../../support/random.ts";
import { FILTERS, Talker } from "./traffic.ts";

function serve(address = "inet:0@127.0.0.1", ...more: string[]): Promise<Milterkit> {
  const log = ["--log-format", "json", "--log-level", "debug"];
  return Milterkit.start(["serve", "--listen", address, ...log, ...more, ...FILTERS]);
}

function openTalkers(milterkit: Milterkit, count: number): Promise<Talker[]> {
  const random = new Random(1);
  return Promise.all(
    Array.from({ length: count }, (_, i) => Talker.open(milterkit.address, `c${i}`, random)),
  );
}

test("connections between messages are closed when the time is up, those inside one after it", {
  timeout: 120_000,
}, async () => {
  const milterkit = await serve(undefined, "--stop-timeout", "300ms");
  try {
    const [busy, idle] = [await openTalkers(milterkit, 5), await openTalkers(milterkit, 7)];
    await Promise.all(busy.map((talker) => talker.begin()));
    milterkit.signal("SIGTERM");
    const timeOut = at(await milterkit.waitForRecords(({ type }) => type === "stop-timeout"), 0);
    assert.deepEqual([timeOut.closed, timeOut.connections], [7, 12]);
    await Promise.all(busy.map((talker) => talker.finish()));
    // nobody said goodbye: the end of their messages is the end of their connections
    assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    assert.equal(busy.flatMap(({ outcomes }) => outcomes).length, 5);
    await assert.rejects(at(idle, 0).begin(), { name: "MilterConnectionError" });
  } finally {
    await milterkit.stop();
  }
});

test("with nothing at hand SIGTERM ends at once", { timeout: 120_000 }, async () => {
  // longer than this test may take
  const milterkit = await serve(undefined, "--stop-timeout", "1h");
  // it has long been ready for signals
  await sleep(200);
  milterkit.signal("SIGTERM");
  assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
});

test("who says that it listens is ready for signals", { timeout: 120_000 }, async () => {
  for (const [name, code] of [["SIGTERM", 0], ["SIGHUP", 0], ["SIGINT", 130]] as const) {
    for (let i = 0; i < 8; i++) {
      const milterkit = await serve();
      milterkit.signal(name);
      assert.deepEqual(await milterkit.ended, { code, signal: null }, name);
    }
  }
});

for (const [second, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  test(`${second} after SIGTERM aborts`, { timeout: 120_000 }, async () => {
    // the message is never finished, so that only the second signal can end it
    const milterkit = await serve(undefined, "--stop-timeout", "1h");
    try {
      const talker = at(await openTalkers(milterkit, 1), 0);
      await talker.begin();
      milterkit.signal("SIGTERM");
      await milterkit.waitForLine((line) => line.includes('"stopping"'), "stopping");
      await sleep(100);
      assert.equal(milterkit.running, true);
      milterkit.signal(second);
      // not 0: a message was left unfinished
      assert.deepEqual(await milterkit.ended, { code, signal: null });
    } finally {
      await milterkit.stop();
    }
  });
}

test("a port is free again at once for the next process", { timeout: 120_000 }, async () => {
  const address = `inet:${await freePort()}@127.0.0.1`;
  const first = await serve(address);
  const talkers = await openTalkers(first, 3);
  first.signal("SIGTERM");
  await first.waitForLine((line) => line.includes('"stopping"'), "stopping");
  // while the old one still has its connections
  const second = await Milterkit.start(["serve", "--listen", address, ...FILTERS]);
  try {
    (await MtaClient.open(second.address)).quit();
    await at(talkers, 0).begin();
    await at(talkers, 0).finish();
    for (const talker of talkers) talker.quit();
    assert.deepEqual(await first.ended, { code: 0, signal: null });
  } finally {
    await second.stop();
    await first.stop();
  }
});
