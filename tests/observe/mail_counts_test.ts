// What a server does, counted; and counts of several processes as one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { reject, tempfail } from "../../lib/filter/verdict.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { LATENCY_BOUNDS, type MailCounts } from "../../cli/observe/mail_counts.ts";
import { addLabel, addLabels, emptyLabelCounts, MOST_LABELS } from "../../cli/observe/label_counts.ts";
import { MailRecorder } from "../../cli/observe/mail_recorder.ts";
import {
  addLatency,
  addMailCounts,
  emptyLatencies,
  emptyMailCounts,
  MAX_REFUSALS,
} from "../../cli/observe/add_counts.ts";
import { Totals } from "../../cli/observe/totals.ts";
import { emptyDnsCounts } from "../../cli/observe/dns_counts.ts";
import { emptyStateCounts } from "../../cli/observe/state_counts.ts";
import { type AnyFilter, MESSAGE, served } from "../server/support.ts";
import { at } from "../support/present.ts";

const TO = ["a@example.net"];

/** Counts what a real server tells of its filters. */
async function counted(
  filters: readonly AnyFilter[],
  use: Parameters<typeof served>[1],
): Promise<MailCounts> {
  const recorder = new MailRecorder(filters);
  let events: readonly ServerEvent[] = [];
  await served(filters, async (server) => {
    events = server.events;
    await use(server);
  });
  for (const event of events) recorder.record(event);
  return recorder.take();
}

describe("what a server does", () => {
  test("is counted by filter, event and kind", async () => {
    const filters: AnyFilter[] = [
      {
        name: "first",
        changes: ["addHeader", "changeFrom", "addRcpt", "deleteRcpt", "replaceBody", "quarantine"],
        rcpt: ({ address }) => address.startsWith("no-") ? reject(550, "5.7.1", "Not this one") : undefined,
        eom(message) {
          message.addHeader("recipient", "x");
          message.addHeader("sender", "x");
          message.changeFrom("<b@example.org>");
          message.addRcpt("<number@example.org>");
          message.deleteRcpt("<a@example.net>");
          message.replaceBody("x");
          message.quarantine("look");
        },
      },
      dryRun({ name: "second", eom: () => tempfail(451, "4.7.1", "Later") }),
    ];
    const edits = await counted([{
      name: "edits",
      content: "mime",
      changes: ["editContent", "addHeader"],
      async eom(message) {
        message.addHeader("content", "x");
        await message.content.addText({ text: "x" });
      },
    }], async ({ open }) => void await (await open()).message(MESSAGE, { to: TO }));
    assert.deepEqual(edits.filters.edits?.changes, { addHeader: 1, editContent: 1 });
    const tally = await counted(filters, async ({ open }) => {
      const mta = await open();
      await mta.message(MESSAGE, { from: "s@example.org", to: ["no-one@example.net", ...TO] });
    });
    const { first, second } = tally.filters;
    assert.deepEqual(first?.verdicts, { "rcpt reject": 1 });
    assert.deepEqual(first?.changes, {
      addHeader: 2,
      changeFrom: 1,
      addRcpt: 1,
      deleteRcpt: 1,
      replaceBody: 1,
      quarantine: 1,
    });
    assert.deepEqual([first?.messages, first?.time.count, first?.dryRun], [1, 1, false]);
    assert.deepEqual([second?.verdicts, second?.dryRun], [{ "eom tempfail": 1 }, true]);
    assert.deepEqual(tally.outcomes, { accept: 1 });
    assert.equal(tally.time.count, 1);
    assert.equal(tally.events.connected, 1);
    // What is only logged refuses nobody.
    assert.deepEqual(tally.refusals.map(({ at: _, ...refusal }) => refusal), [{
      outcome: "reject",
      of: "recipient",
      queueId: undefined,
      client: "192.0.2.1",
      sender: "s@example.org",
      recipients: ["no-one@example.net"],
      filter: "first",
      event: "rcpt",
      reply: "550 5.7.1 Not this one",
    }]);
  });

  test("counts connections that are refused, unless that is only logged", async () => {
    const refuse = { connect: () => reject(554, "5.7.1", "Not you") };
    const tally = await counted(
      [dryRun({ name: "dry", ...refuse }), { name: "no", ...refuse }],
      async ({ open }) => {
        await open();
      },
    );
    assert.deepEqual(tally.filters.dry?.verdicts, { "connect reject": 1 });
    assert.deepEqual(tally.filters.no?.verdicts, { "connect reject": 1 });
    assert.equal(tally.events.refused, 1);
    assert.deepEqual(tally.refusals.map(({ of, filter, event }) => [of, filter, event]), [
      ["connection", "no", "connect"],
    ]);
  });

  test("counts failures with the event, and messages with what became of them", async () => {
    const filter: AnyFilter = {
      name: "broken",
      mail() {
        throw new Error("no");
      },
    };
    const tally = await counted([filter], async ({ open }) => {
      await (await open()).message(MESSAGE, { to: TO });
    });
    assert.deepEqual(tally.filters.broken?.errors, { mail: 1 });
    assert.deepEqual(tally.outcomes, { tempfail: 1 });
    assert.deepEqual(tally.refusals.map(({ of, outcome }) => [of, outcome]), [["message", "tempfail"]]);
  });

  test("is there with nothing before anything happens, and told once", () => {
    const recorder = new MailRecorder([{ name: "a" }, { name: "b", dryRun: true }]);
    assert.deepEqual(Object.entries(recorder.take().filters).map(([name, { dryRun }]) => [name, dryRun]), [
      ["a", false],
      ["b", true],
    ]);
    assert.deepEqual(recorder.take(), emptyMailCounts());
  });
});

describe("labels of messages", () => {
  test("are counted by messages, whatever their names", async () => {
    const labels: AnyFilter = {
      name: "f",
      verdicts: [],
      eom: (_message, { label }) => ["constructor", "__proto__", "virus", "virus"].forEach(label),
    };
    const tally = await counted([labels], async ({ open }) => {
      const mta = await open();
      for (let i = 0; i < 2; i++) await mta.message(MESSAGE, { to: TO });
    });
    const totals = emptyMailCounts();
    addMailCounts(totals, JSON.parse(JSON.stringify(tally)));
    assert.deepEqual(Object.entries(totals.labels), [["constructor", 2], ["__proto__", 2], ["virus", 2]]);
  });

  test("are 200, and all others together", () => {
    const counts = emptyLabelCounts();
    for (let i = 0; i < 250; i++) addLabel(counts, `label ${i}`);
    addLabel(counts, "label 7");
    const totals = emptyLabelCounts();
    addLabels(totals, { mine: 3 });
    addLabels(totals, counts);
    assert.equal(Object.keys(totals).length, MOST_LABELS + 1);
    assert.deepEqual([totals.mine, totals["label 7"], totals["label 199"], totals.other], [
      3,
      2,
      undefined,
      51,
    ]);
  });
});

describe("what could be miscounted", () => {
  test("is a filter with a name that every object has", async () => {
    const tally = await counted([{ name: "constructor", eom() {} }], async ({ open }) => {
      await (await open()).message(MESSAGE, { to: TO });
    });
    assert.deepEqual(Object.values(tally.filters).map(({ messages }) => messages), [1]);
    const totals = emptyMailCounts();
    addMailCounts(totals, JSON.parse(JSON.stringify(tally)));
    assert.deepEqual(Object.values(totals.filters).map(({ messages }) => messages), [1]);
  });

  test("is what happened while nothing was told", () => {
    const recorder = new MailRecorder([]);
    const event = { type: "limit", limit: "connections", most: 1, peer: "unix" } as const;
    recorder.record({ ...event, missed: 0 });
    recorder.record({ ...event, missed: 5 });
    const failed = { type: "accept-failed", address: "unix:/x", error: new Error("no descriptor") } as const;
    recorder.record({ ...failed, missed: 9 });
    const { limits, events } = recorder.take();
    assert.deepEqual([limits, events], [{ connections: 7 }, { "accept-failed": 10 }]);
  });

  test("is a message whose recipients were all refused, which are told of already", async () => {
    const tally = await counted([{ name: "f", rcpt: () => reject() }], async ({ open }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: ["a@example.net", "b@example.net"] });
      await mta.unknown("SYNC");
    });
    assert.deepEqual(tally.outcomes, { reject: 1 });
    assert.deepEqual(tally.refusals.map(({ of }) => of), ["recipient", "recipient"]);
  });

  test("is the time of a message that was given up", async () => {
    const tally = await counted([{ name: "f", eom() {} }], async ({ open }) => {
      const mta = await open();
      await mta.mail("a@example.org");
      mta.abort();
      await mta.message(MESSAGE, { to: TO });
    });
    assert.deepEqual([tally.outcomes, tally.time.count], [{ abort: 1, accept: 1 }, 1]);
  });
});

describe("counts of several processes", () => {
  test("add up to what one would have counted", async () => {
    const filter: AnyFilter = { name: "x", verdicts: ["eom"], eom: () => reject() };
    const parts: MailCounts[] = [];
    for (const messages of [1, 2]) {
      parts.push(
        await counted([filter], async ({ open }) => {
          const mta = await open();
          for (let i = 0; i < messages; i++) await mta.message(MESSAGE, { to: TO });
        }),
      );
    }
    const sum = emptyMailCounts();
    for (const part of parts) addMailCounts(sum, part);
    assert.deepEqual(sum.outcomes, { reject: 3 });
    assert.equal(sum.filters.x?.messages, 3);
    assert.deepEqual(sum.filters.x?.verdicts, { "eom reject": 3 });
    assert.equal(sum.time.count, 3);
    assert.equal(sum.time.buckets.reduce((a, b) => a + b), 3);
    const missing = parts.reduce((left, { time }) => left - time.seconds, sum.time.seconds);
    assert.ok(Math.abs(missing) < 1e-9, `${missing}`);
    assert.equal(sum.refusals.length, 3);
    // What was added was not changed, since others are given it, too.
    assert.deepEqual(parts.map(({ filters }) => filters.x?.messages), [1, 2]);
  });

  test("keep the last refusals only", () => {
    const refusal = (i: number) => ({ at: i }) as MailCounts["refusals"][number];
    const sum = emptyMailCounts();
    for (let i = 0; i < MAX_REFUSALS + 5; i++) {
      addMailCounts(sum, { ...emptyMailCounts(), refusals: [refusal(i)] });
    }
    assert.equal(sum.refusals.length, MAX_REFUSALS);
    assert.equal(sum.refusals[0]?.at, 5);
  });

  test("go to who listens, until he does not", () => {
    const totals = new Totals();
    const report = {
      mail: emptyMailCounts(),
      dns: emptyDnsCounts(),
      state: emptyStateCounts(),
      processor: 1,
    };
    const heard: MailCounts[] = [];
    const stop = totals.listen((delta) => heard.push(delta));
    totals.add("worker-1", 1, { ...report, figures: { resident: 5, heap: 1, descriptors: undefined } });
    stop();
    totals.add("worker-1", 2, report);
    assert.deepEqual(heard, [report.mail]);
    assert.equal(totals.processor.get("worker-1"), 2);
    assert.equal(totals.figures.length, 1);
    totals.ended(1);
    assert.deepEqual([totals.figures.length, totals.processor.get("worker-1")], [0, 2]);
  });
});

test("a latency is in the bucket of the first bound that is not below it", () => {
  const bucketOf = (seconds: number) => {
    const latencies = emptyLatencies();
    addLatency(latencies, seconds);
    return latencies.buckets.indexOf(1);
  };
  assert.equal(bucketOf(0), 0);
  const bound = at(LATENCY_BOUNDS, 3);
  assert.equal(bucketOf(bound), 3);
  assert.equal(bucketOf(bound * 1.01), 4);
  assert.equal(bucketOf(1e9), LATENCY_BOUNDS.length);
});
