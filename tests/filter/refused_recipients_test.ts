// Who hears of an abort, and what becomes of recipients that a filter refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import { accept, reject } from "../../lib/filter/verdict.ts";
import { grouped, MESSAGE, once, probe, served } from "../server/support.ts";
import { ALL, TO } from "./verdicts_support.ts";

test("abort goes to those that were told of the message and have not ended it", async () => {
  const log: string[] = [];
  await served(
    ["1", "2", "3"].map((name) => probe(name, log, name === "2" ? { rcpt: once(accept) } : {})),
    async ({ open, reports }) => {
      const mta = await open();
      await mta.mail("a");
      await mta.rcpt("b");
      log.length = 0;
      mta.abort();
      mta.abort();
      await mta.unknown("SYNC");
      assert.equal(grouped(log), "abort:13 unknown:123");
      assert.deepEqual(reports().map(({ outcome, event }) => [outcome, event]), [["abort", "abort"]]);
      log.length = 0;
      await mta.message(MESSAGE, { to: TO });
      assert.equal(grouped(log), ALL);
    },
  );
});

test("the recipients that a filter refused are not in the context, in no filter's", async () => {
  const seen: string[][] = [];
  const look = (_: unknown, context: { recipients: { address: string }[] }) => {
    seen.push(context.recipients.map(({ address }) => address));
  };
  await served([
    probe("1", [], { rcpt: look as never, eom: look as never }),
    probe("2", [], {
      rcpt: ((to: { address: string }) => to.address.startsWith("no") ? reject() : undefined) as never,
      eom: look as never,
    }),
  ], async ({ open, firstReport }) => {
    const mta: MtaClient = await open();
    await mta.message(MESSAGE, { to: ["yes@b", "no@b", "too@b"] });
    assert.deepEqual(seen, [["yes@b"], ["yes@b", "no@b"], ["yes@b", "too@b"], ["yes@b", "too@b"], [
      "yes@b",
      "too@b",
    ]]);
    const { recipients, notes } = firstReport();
    assert.deepEqual(recipients, ["yes@b", "too@b"]);
    assert.deepEqual(notes, [{ filter: "2", event: "rcpt", verdict: "reject", recipient: "no@b" }]);
  });
});

test("a message whose recipients were all refused can be aborted, and counts as refused", async () => {
  const log: string[] = [];
  await served(
    [probe("1", log, { rcpt: reject.bind(undefined, undefined, undefined) })],
    async ({ open, firstReport }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      await mta.unknown("SYNC");
      const { outcome, filter, event } = firstReport();
      assert.deepEqual([outcome, filter, event], ["reject", "1", "rcpt"]);
      assert.equal(log.filter((entry) => entry === "abort:1").length, 1);
    },
  );
});

test("a message of which one recipient was not refused counts as aborted when it is given up", async () => {
  const refuses = probe("1", [], {
    rcpt: (({ address }: { address: string }) => address.startsWith("b") ? reject() : undefined) as never,
  });
  await served([refuses], async ({ open, reports }) => {
    const mta = await open();
    await mta.mail("s@example.org");
    for (const to of ["a@example.net", "b@example.net"]) await mta.rcpt(to);
    mta.abort();
    await mta.unknown("SYNC");
    assert.deepEqual(reports().map(({ outcome, filter }) => [outcome, filter]), [["abort", undefined]]);
  });
});
