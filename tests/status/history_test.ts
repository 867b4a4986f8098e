// The last half hour in slices: what is kept, what is forgotten, and what comes of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LATENCY_BOUNDS } from "../../cli/observe/mail_counts.ts";
import { History } from "../../cli/observe/status/history.ts";
import { quantile } from "../../cli/observe/status/quantile.ts";
import { type StatusReport, statusReport } from "../../cli/observe/status/status_report.ts";
import {
  authCounts,
  delta,
  filterTally,
  HandClock,
  latencies,
  refusal,
  resultsOf,
  SAMPLE_TIME,
  service,
} from "./sample.ts";
import { at } from "../support/present.ts";

/** A history at the beginning of a slice. */
function fresh(): { clock: HandClock; history: History; report: (minutes?: number) => StatusReport } {
  const clock = new HandClock();
  const history = new History(clock.now);
  const report = (minutes = 30) => statusReport(history, service({ listeners: [] }), minutes, SAMPLE_TIME);
  return { clock, history, report };
}

const accepted = (count: number) => delta({ outcomes: { accept: count } });

describe("History", () => {
  it("is empty at first", () => {
    const { report } = fresh();
    const { messages, filters, refusals, connections } = report(5);
    assert.equal(messages.total, 0);
    assert.equal(messages.lastMinute, 0);
    assert.deepEqual(messages.series.accept, new Array(31).fill(0));
    assert.deepEqual(messages.time.series.p99, new Array(31).fill(null));
    assert.deepEqual([messages.time.mean, messages.time.p50, messages.time.p99], [null, null, null]);
    assert.deepEqual([filters, refusals, connections.events], [[], [], {}]);
  });

  it("adds up what several processes did in the same ten seconds", () => {
    const { clock, history, report } = fresh();
    history.add(accepted(2));
    clock.seconds += 9.999;
    history.add(accepted(3));
    clock.seconds += 0.001;
    history.add(accepted(7));
    assert.deepEqual(report(1).messages.series.accept, [0, 0, 0, 0, 0, 5, 7]);
    assert.equal(report(1).messages.total, 12);
  });

  it("counts the last whole minute without the slice that is not over", () => {
    const { clock, history, report } = fresh();
    for (let i = 0; i < 8; i++) {
      history.add(accepted(10 ** i));
      clock.seconds += 10;
    }
    history.add(accepted(5e8));
    assert.equal(report(5).messages.lastMinute, 11111100);
  });

  it("names the ten domains that failed DMARC most in the period", () => {
    const { clock, history, report } = fresh();
    const fails = (domain: string, times: number) =>
      history.add(delta({ auth: authCounts(...Array.from({ length: times }, () => resultsOf(domain))) }));
    const named = (minutes: number) =>
      report(minutes).authentication.dmarcFailures.map(({ domain, messages }) => `${domain} ${messages}`);
    fails("old.example", 9);
    clock.seconds += 10 * 60;
    for (let i = 1; i <= 12; i++) fails(`d${i}.example`, 1);
    for (const domain of ["often.example", "often.example", "d12.example"]) {
      clock.seconds += 10;
      fails(domain, 2);
    }
    assert.deepEqual(named(30).slice(0, 4), [
      "old.example 9",
      "often.example 4",
      "d12.example 3",
      "d1.example 1",
    ]);
    assert.deepEqual(named(5).slice(0, 2), ["often.example 4", "d12.example 3"]);
    assert.equal(named(5).length, 10);
    assert.deepEqual(report(5).authentication.results.dmarc, { fail: 18 });
    assert.deepEqual(report(30).authentication.results.dmarc, { fail: 27 });
  });

  it("looks back no further than it is asked to", () => {
    const { clock, history, report } = fresh();
    history.add(accepted(1));
    clock.seconds += 5 * 60;
    assert.equal(report(5).messages.total, 1);
    clock.seconds += 10;
    assert.equal(report(5).messages.total, 0);
    assert.equal(report(15).messages.total, 1);
  });

  it("forgets what is older than half an hour, and nothing younger", () => {
    const { clock, history, report } = fresh();
    history.add(accepted(1));
    clock.seconds += 30 * 60;
    history.add(accepted(1));
    assert.equal(report().messages.total, 2);
    clock.seconds += 10;
    assert.equal(report().messages.total, 1);
    clock.seconds += 30 * 60;
    assert.equal(report().messages.total, 0);
  });

  it("forgets all after a long silence, whatever slices it falls on", () => {
    for (const silence of [1810, 1820, 3610, 7230, 100_000]) {
      const { clock, history, report } = fresh();
      for (let i = 0; i < 200; i++) {
        history.add(accepted(1));
        clock.seconds += 10;
      }
      assert.equal(report().messages.total, 180);
      clock.seconds += silence;
      assert.equal(report().messages.total, 0, String(silence));
    }
  });

  it("goes on where the clock does not", () => {
    const { clock, history, report } = fresh();
    history.add(accepted(1));
    clock.seconds -= 60;
    history.add(accepted(1));
    assert.equal(report().messages.total, 2);
  });

  it("keeps verdicts, errors and changes of filters apart, in the order of the chain", () => {
    const { history } = fresh();
    history.add(delta({
      filters: {
        late: filterTally({ messages: 5, changes: { addHeader: 4 } }),
        gone: filterTally({ messages: 1 }),
        early: filterTally({
          messages: 6,
          verdicts: { "rcpt reject": 2, "eom reject": 1 },
          errors: { eom: 1 },
        }),
      },
    }));
    history.add(delta({ filters: { early: filterTally({ messages: 4, verdicts: { "eom reject": 1 } }) } }));
    const listeners = [
      { addresses: ["a"], filters: [{ name: "early", dryRun: false }, { name: "idle", dryRun: true }] },
      { addresses: ["b"], filters: [{ name: "late", dryRun: false }, { name: "early", dryRun: false }] },
    ];
    const { filters } = statusReport(history, service({ listeners }), 5, SAMPLE_TIME);
    const told = filters.map(({ name, served, dryRun, messages }) => [name, served, dryRun, messages]);
    assert.deepEqual(told, [
      ["early", true, false, 10],
      ["idle", true, true, 0],
      ["late", true, false, 5],
      ["gone", false, false, 1],
    ]);
    const [early, , late] = filters;
    assert.deepEqual(early?.verdicts, { "rcpt reject": 2, "eom reject": 2 });
    assert.deepEqual(early?.errors, { eom: 1 });
    assert.deepEqual(late?.changes, { addHeader: 4 });
    assert.equal(early?.series.verdicts.at(-1), 4);
    assert.equal(early?.series.errors.at(-1), 1);
  });

  it("keeps 64 filters apart and counts the others together", () => {
    const { clock, history, report } = fresh();
    for (let i = 0; i < 500; i++) {
      history.add(delta({ filters: { [`filter-${i}`]: filterTally({ messages: 1 }) } }));
      if (i % 50 === 0) clock.seconds += 10;
    }
    const { filters } = report();
    assert.equal(filters.length, 65);
    assert.equal(filters[0]?.messages, 1);
    assert.equal(filters.find(({ name }) => name === "(others)")?.messages, 500 - 64);
    // Where those before are forgotten, there is room for others.
    clock.seconds += 1800;
    history.add(delta({ filters: { "filter-new": filterTally({ messages: 1 }) } }));
    assert.equal(report().filters.at(-1)?.name, "filter-new");
  });

  it("survives names that objects have of themselves", () => {
    const { history, report } = fresh();
    const names = ["__proto__", "constructor", "toString"];
    const filters = Object.fromEntries(names.map((name) => [name, filterTally({ messages: 2 })]));
    history.add(delta({ filters }));
    history.add(delta({ filters }));
    assert.deepEqual(
      report().filters.map(({ name, messages }) => [name, messages]),
      names.map((n) => [n, 4]),
    );
  });

  it("keeps the last 50 refusals by their time, whatever process they come from", () => {
    const { history, report } = fresh();
    const at = (i: number) => refusal({ at: SAMPLE_TIME + i, sender: `${i}@example.org` });
    history.add(delta({ refusals: Array.from({ length: 60 }, (_, i) => at(2 * i)) }));
    history.add(delta({ refusals: [at(1), at(101), at(117)] }));
    const senders = report().refusals.map(({ sender }) => parseInt(sender!));
    assert.equal(senders.length, 50);
    assert.deepEqual(senders.slice(0, 4), [118, 117, 116, 114]);
    assert.deepEqual(senders, senders.toSorted((a, b) => b - a));
  });

  it("cuts long texts and lists", () => {
    const { history, report } = fresh();
    const long = "x".repeat(299) + "\u{1f600}" + "y".repeat(70_000);
    history.add(delta({
      refusals: [refusal({ sender: long, reply: long, recipients: new Array(1000).fill(long) })],
    }));
    const cut = "x".repeat(299) + "…";
    assert.deepEqual(
      report().refusals.map(({ sender, reply, recipients, moreRecipients }) => ({
        sender,
        reply,
        recipients,
        moreRecipients,
      })),
      [{ sender: cut, reply: cut, recipients: new Array(5).fill(cut), moreRecipients: 995 }],
    );
  });
});

describe("quantile", () => {
  it("is null where there are no times", () => {
    assert.equal(quantile(latencies(), 0.5), null);
  });

  it("lies where its share of the bucket is", () => {
    // Ten times from 10 to 25 ms: the fifth is at the middle.
    assert.equal(quantile(latencies(...new Array(10).fill(0.02)), 0.5), 0.0175);
    assert.equal(quantile(latencies(...new Array(10).fill(0.02)), 1), 0.025);
    // The first bucket begins at 0.
    assert.equal(quantile(latencies(0.0001, 0.0001), 0.5), 0.00025);
  });

  it("is in the bucket of the exact one", () => {
    const times = Array.from({ length: 1000 }, (_, i) => 0.0002 * 1.014 ** i);
    for (const share of [0.01, 0.25, 0.5, 0.9, 0.99]) {
      const exact = at(times, Math.ceil(times.length * share) - 1);
      const bucket = LATENCY_BOUNDS.findIndex((bound) => exact <= bound);
      const told = quantile(latencies(...times), share)!;
      assert.ok(
        told <= at(LATENCY_BOUNDS, bucket) && told >= (LATENCY_BOUNDS[bucket - 1] ?? 0),
        `${share}: ${told}`,
      );
    }
  });

  it("says the last bound for all above it", () => {
    assert.equal(quantile(latencies(1000, 2000), 0.5), 240);
  });
});
