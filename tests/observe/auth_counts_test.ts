// Results of authentication, counted: in bounds, and whoever fails often is found, whatever others send.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  addAuthCounts,
  AUTH_METHODS,
  AUTH_RESULTS,
  type AuthCounts,
  AuthRecorder,
  emptyAuthCounts,
} from "../../cli/observe/auth_counts.ts";
import { MAX_DOMAINS } from "../../cli/observe/failing_domains.ts";
import { History } from "../../cli/observe/status/history.ts";
import { statusReport } from "../../cli/observe/status/status_report.ts";
import { at } from "../support/present.ts";
import { authCounts, delta, HandClock, resultsOf, SAMPLE_TIME, service } from "../status/sample.ts";

/** A report as another process gets it. */
const sent = (counts: AuthCounts): AuthCounts => JSON.parse(JSON.stringify(counts));
const domainsOf = ({ failing }: AuthCounts) => Object.keys(failing);

/** A history, with what the page says of it. */
function pageOf(): {
  clock: HandClock;
  history: History;
  failures: (minutes?: number) => readonly unknown[];
} {
  const clock = new HandClock();
  const history = new History(clock.now);
  const failures = (minutes = 30) =>
    statusReport(history, service(), minutes, SAMPLE_TIME).authentication.dmarcFailures
      .map(({ domain, messages }) => [domain, messages]);
  return { clock, history, failures };
}

describe("results of authentication", () => {
  test("are counted by method and result, one for each signature", () => {
    const counts = authCounts(
      resultsOf("a.example", { dmarc: "pass", dkim: ["fail", "pass"] }),
      resultsOf("b.example", { dmarc: "none", spf: "softfail" }),
    );
    assert.deepEqual(counts.results, {
      spf: { fail: 1, softfail: 1 },
      dkim: { fail: 1, pass: 1, none: 1 },
      dmarc: { pass: 1, none: 1 },
    });
    assert.deepEqual(domainsOf(counts), []);
  });

  test("are counted under words from fixed lists alone", () => {
    const recorder = new AuthRecorder();
    for (let i = 0; i < 1000; i++) recorder.record([{ method: `x-${i}`, result: `r${i}` }]);
    for (const method of ["__proto__", "constructor", "DKIM"]) {
      recorder.record([{ method, result: "toString" }]);
    }
    recorder.record([{ method: "dnswl", result: "pass" }]);
    assert.deepEqual(recorder.take().results, { other: { other: 1003 }, dnswl: { pass: 1 } });
    assert.ok(AUTH_METHODS.length * AUTH_RESULTS.length < 200);
  });

  test("say for each domain that fails why, and what SPF and DKIM said", () => {
    const counts = authCounts(
      resultsOf("A.example.", { reason: "often" }),
      resultsOf("a.example", { reason: "seldom", spf: "pass", dkim: ["fail", "pass"] }),
      resultsOf("someone@a.example", { reason: "often", dkim: [] }),
      // A milter and a filter have both checked it.
      [...resultsOf("b.example"), ...resultsOf("b.example", { reason: "from another" })],
      [{ method: "dmarc", result: "fail" }],
    );
    const { history } = pageOf();
    history.add(delta({ auth: sent(counts) }));
    assert.deepEqual(statusReport(history, service(), 5, SAMPLE_TIME).authentication.dmarcFailures, [
      {
        domain: "a.example",
        messages: 3,
        reason: "often",
        spf: { fail: 2, pass: 1 },
        dkim: { none: 1, pass: 1 },
      },
      { domain: "b.example", messages: 1, reason: "from another", spf: { fail: 1 }, dkim: { none: 1 } },
    ]);
  });

  test("keep to the most frequent reason, however many others there are", () => {
    const recorder = new AuthRecorder();
    for (let i = 0; i < 300; i++) {
      recorder.record(resultsOf("a.example", { reason: `reason ${i}` }));
      recorder.record(resultsOf("a.example", { reason: "the usual" }));
      recorder.record(resultsOf("a.example", { reason: "the usual" }));
    }
    const counts = recorder.take();
    const { history } = pageOf();
    history.add(delta({ auth: sent(counts) }));
    const [failing] = statusReport(history, service(), 5, SAMPLE_TIME).authentication.dmarcFailures;
    assert.equal(failing?.reason, "the usual");
    assert.ok(JSON.stringify(counts).length < 1000);
  });

  test("find the most frequent reason even if it comes after others", () => {
    const recorder = new AuthRecorder();
    for (const reason of ["early", "early", "first", "first"]) {
      recorder.record(resultsOf("a.example", { reason }));
    }
    for (let i = 0; i < 50; i++) {
      recorder.record(resultsOf("a.example", { reason: "the usual" }));
      recorder.record(resultsOf("a.example", { reason: `reason ${i}` }));
    }
    const { history } = pageOf();
    history.add(delta({ auth: sent(recorder.take()) }));
    const [failing] = statusReport(history, service(), 5, SAMPLE_TIME).authentication.dmarcFailures;
    assert.equal(failing?.reason, "the usual");
  });

  test("of several processes add up, in any order", () => {
    const both = emptyAuthCounts();
    const one = authCounts(resultsOf("a.example", { reason: "x" }), resultsOf("__proto__"));
    const two = authCounts(resultsOf("a.example", { reason: "x", spf: "pass" }), resultsOf("constructor"));
    for (const counts of [one, two, one]) addAuthCounts(both, sent(counts), MAX_DOMAINS);
    assert.deepEqual(both.results.dmarc, { fail: 6 });
    assert.deepEqual(domainsOf(both).sort(), ["__proto__", "a.example", "constructor"]);
    assert.deepEqual(both.failing["a.example"]?.spf, { fail: 2, pass: 1 });
    assert.equal(both.failing["__proto__"]?.count, 2);
  });
});

describe("random domains", () => {
  /** The report of one second: many domains once, and one domain in the middle of them. */
  const second = (round: number, others: number, name = "bank.example") => {
    const recorder = new AuthRecorder();
    const turn = (round * 7919) % others;
    for (let i = 0; i < others; i++) {
      recorder.record(
        resultsOf(`x${round}-${i}.${"y".repeat(200)}.example`, { reason: `r${round}-${i}` }),
      );
      if (i === turn) recorder.record(resultsOf(name));
    }
    return recorder.take();
  };

  test("do not grow a report, nor what is kept of many", () => {
    const counts = second(1, 5000);
    assert.equal(domainsOf(counts).length, MAX_DOMAINS);
    assert.ok(JSON.stringify(counts).length < MAX_DOMAINS * 600);
    assert.deepEqual(counts.results.dmarc, { fail: 5001 });
    const { clock, history } = pageOf();
    for (let round = 0; round < 60; round++) {
      history.add(delta({ auth: second(round, 300) }));
      clock.seconds += 1;
    }
    const domains = history.last(30).slices.map((slice) => slice ? domainsOf(slice.auth).length : 0);
    assert.ok(at(domains, -2) === 64 && domains.slice(0, -1).every((count) => count <= 64), String(domains));
    assert.ok(at(domains, -1) <= 2000);
  });

  test("neither push out nor join one that fails in each second", () => {
    const { clock, history, failures } = pageOf();
    for (let round = 0; round < 300; round++) {
      history.add(delta({ auth: second(round, 500) }));
      clock.seconds += 1;
    }
    const [first, next] = failures(5) as [string, number][];
    assert.equal(first?.[0], "bank.example");
    // In a report it is only if it fails among the last domains of a second.
    assert.ok(first[1] > 100, String(first));
    assert.equal(next?.[1], 1);
  });

  test("that fail several times each do not keep others out", () => {
    const recorder = new AuthRecorder();
    for (let i = 0; i < MAX_DOMAINS; i++) {
      for (let j = 0; j < 3; j++) recorder.record(resultsOf(`first${i}.example`));
    }
    for (let i = 0; i < 20; i++) {
      recorder.record(resultsOf("bank.example"));
      recorder.record(resultsOf(`late${i}.example`));
    }
    const counts = recorder.take();
    assert.equal(domainsOf(counts).length, MAX_DOMAINS);
    assert.equal(counts.failing["bank.example"]?.count, 20);
  });

  test("with more than its share of all failures a domain always stays", () => {
    for (const every of [3, 50, 150]) {
      const recorder = new AuthRecorder();
      let fails = 0;
      for (let i = 0; i < 20_000; i++) {
        recorder.record(resultsOf(i % every === 0 ? "bank.example" : `x${i}.example`));
        if (i % every === 0) fails++;
      }
      assert.equal(recorder.take().failing["bank.example"]?.count, fails, String(every));
    }
  });
});
