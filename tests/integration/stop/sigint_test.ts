// SIGINT while messages are in flight: their abort callbacks run, and the process ends within a second.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MilterConnectionError, MtaClient } from "../../../lib/mta/client.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { sleep } from "../../support/process.ts";
import { Random } from "../../support/random.ts";
import { programCommand } from "../../support/runtime.ts";
import { FILTERS, Talker } from "./traffic.ts";

const CONNECTIONS = 50;
const senders = Array.from({ length: CONNECTIONS }, (_, i) => `s${i}@example.test`);

test("the executable aborts what is in flight and ends", { timeout: 120_000 }, async () => {
  const milterkit = await Milterkit.start([
    "serve",
    ...["--listen", "inet:0@127.0.0.1", "--log-format", "json", "--log-level", "debug"],
    ...FILTERS,
  ]);
  try {
    const random = new Random(2);
    const talkers = await Promise.all(
      senders.map((_, i) => Talker.open(milterkit.address, `c${i}`, random)),
    );
    await Promise.all(talkers.map((talker) => talker.begin()));
    const rest = Promise.allSettled(talkers.map((talker) => talker.finish(milterkit.ended)));
    await sleep(50);
    milterkit.signal("SIGINT");
    assert.deepEqual(await milterkit.ended, { code: 130, signal: null });
    // no verdict of a message that was not filtered to its end
    for (const { status } of await rest) assert.equal(status, "rejected");
    const reports = milterkit.records().filter(({ type }) => type === "message");
    assert.deepEqual(reports.map(({ outcome }) => outcome), Array(CONNECTIONS).fill("abort"));
  } finally {
    await milterkit.stop();
  }
});

test("abort callbacks run, never within another callback", { timeout: 120_000 }, async () => {
  const program = fileURLToPath(new URL("abort_program.ts", import.meta.url));
  const milterkit = await Milterkit.startCommand(programCommand(program));
  try {
    const clients = await Promise.all(senders.map(async (sender, i) => {
      const client = await MtaClient.open(milterkit.address);
      await client.connect({ hostname: `host${i}`, family: "inet", port: 25, address: "192.0.2.1" });
      await client.helo("client.example");
      await client.mail(sender);
      await client.rcpt("b@example.test");
      return client;
    }));
    // the first five are inside their last callback when the signal comes
    const ends = clients.slice(0, 5).map((client) => client.eom());
    const settled = Promise.allSettled(ends);
    await milterkit.waitForLine((line) => line === `eom begins ${senders[4]}`, "eom of the fifth");
    milterkit.signal("SIGINT");
    assert.deepEqual(await milterkit.ended, { code: 130, signal: null });
    for (const result of await settled) {
      assert.ok(result.status === "rejected" && result.reason instanceof MilterConnectionError);
    }
    const after = (word: string) =>
      milterkit.lines.filter((line) => line.startsWith(`${word} `)).map((line) =>
        line.slice(word.length + 1)
      );
    assert.deepEqual(after("eom ends").sort(), senders.slice(0, 5).sort());
    assert.deepEqual(
      after("abort").filter((sender) => !senders.slice(0, 5).includes(sender)).sort(),
      [
        ...senders.slice(5),
      ].sort(),
    );
    assert.equal(new Set(after("abort")).size, after("abort").length);
    assert.deepEqual(after("close").sort(), senders.map((_, i) => `host${i}`).sort());
  } finally {
    await milterkit.stop();
  }
});
