// The time that filters have at an event and at the end of a message.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FilterTimeoutError } from "../../lib/chain/failure.ts";
import { accept } from "../../lib/filter/verdict.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { gate, MESSAGE, once, probe, served, turns, until } from "../server/support.ts";
import { TO } from "./failures_support.ts";

test("the time for the end of a message is that of the server, and its lapse aborts the filter's signal", async () => {
  const slow = gate();
  const log: string[] = [];
  let signal: AbortSignal | undefined;
  let error: unknown;
  await served([{
    name: "1",
    timeout: 1,
    changes: ["addHeader"],
    async eom(message, context) {
      signal = context.signal;
      await slow.opened;
      log.push("done");
      try {
        message.addHeader("X", "late");
      } catch (thrown) {
        error = thrown;
      }
    },
    abort: () => void log.push("abort"),
  }], async ({ open, first }) => {
    const mta = await open();
    const { answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([answer.verdict, answer.modifications], ["tempfail", []]);
    assert.ok(first("filter-error").error instanceof FilterTimeoutError);
    assert.equal(signal?.aborted, true);
    assert.match(String(signal?.reason), /took too long/);
    // Its abort callback waits for the callback that is still at work.
    assert.deepEqual(log, []);
    slow.open();
    await until(() => log.length === 2);
    assert.deepEqual(log, ["done", "abort"]);
    assert.match(String(error), /is over/);
    assert.equal((await mta.message(MESSAGE, { to: TO })).event, "eom");
  }, { timeouts: { message: 60 } });
});

test("all filters together have the callback time at one event", async () => {
  const clock = new ManualClock();
  const wait = () => clock.pass(60);
  await served(["1", "2", "3"].map((name) => probe(name, [], { mail: wait })), async ({ open, of }) => {
    const mta = await open();
    const { event, answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([event, answer.verdict], ["mail", "tempfail"]);
    assert.equal(of("filter-error").length, 1);
  }, { timeouts: { callback: 100 }, clock });
});

test("each event has the callback time anew", async () => {
  const clock = new ManualClock();
  const wait = () => clock.pass(900);
  await served([probe("1", [], { mail: wait, data: wait, header: once(wait) })], async ({ open, of }) => {
    const mta = await open();
    assert.equal((await mta.message(MESSAGE, { to: TO })).event, "eom");
    assert.deepEqual(of("filter-error"), []);
  }, { timeouts: { callback: 1000 }, clock });
});

test("nothing is asked before an abort or close callback is done", async () => {
  const log: string[] = [];
  const slow = (what: string) => async () => {
    await turns(5);
    log.push(`done:${what}`);
  };
  await served([
    probe("1", log, { abort: slow("a"), helo: accept, close: slow("c") }),
    probe("2", log, { abort: slow("b") }),
  ], async ({ open }) => {
    const mta = await open();
    await mta.unknown("FOO");
    assert.equal(log.slice(2).join(" "), "helo:1 close:1 helo:2 done:c unknown:2");
    await mta.mail("a");
    log.length = 0;
    mta.abort();
    await mta.unknown("FOO");
    assert.equal(log.join(" "), "abort:2 done:b unknown:2");
  });
});
