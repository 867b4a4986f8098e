// What a callback returns is awaited in one way, at every event, whatever it is that has a `then`.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Filter } from "../../lib/filter/filter.ts";
import { FilterTimeoutError } from "../../lib/chain/failure.ts";
import { accept, reject } from "../../lib/filter/verdict.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type AnyFilter, gate, MESSAGE, once, probe, type Served, served, until } from "../server/support.ts";

const TO = ["a@example.net"];
const boom = new Error("boom");

/** What settles, and how, that is no promise of the runtime's. */
const THENABLES: [how: string, make: () => unknown, fails: (error: unknown) => boolean][] = [
  ["throws where it is only looked at", () => ({
    get then() {
      throw boom;
    },
  }), (error) => error === boom],
  ["throws when it is awaited", () => ({
    then() {
      throw boom;
    },
  }), (error) => error === boom],
  [
    "fails",
    () => ({ then: (_: unknown, fail: (error: unknown) => void) => fail(boom) }),
    (error) => error === boom,
  ],
  [
    "never settles",
    () => ({ then() {} }),
    (error) => error instanceof FilterTimeoutError,
  ],
];

const changesHeader: AnyFilter = { name: "changer", changes: ["addHeader"], eom: () => {} };

/** Where a callback can be, and what must stand before it in the chain. */
const PLACES: [callback: keyof Filter, title: string, before: AnyFilter[], settings: Partial<AnyFilter>][] = [
  ["negotiate", "negotiate", [], {}],
  ["connect", "connect", [], {}],
  ["helo", "helo", [], {}],
  ["unknown", "unknown", [], {}],
  ["mail", "mail", [], {}],
  ["mail", "mail of a filter for some recipients", [], { scope: { recipient: () => true } }],
  ["rcpt", "rcpt", [], {}],
  ["rcpt", "rcpt of a filter for some recipients", [], { scope: { recipient: () => true } }],
  ["data", "data", [], {}],
  ["header", "header", [], {}],
  ["header", "header that is shown at the end", [changesHeader], {}],
  ["body", "body", [], {}],
  ["eom", "eom", [], {}],
  ["abort", "abort", [], {}],
  ["close", "close", [], {}],
];

/** A session with everything in it: a message that is aborted, then one that is not. */
async function session(
  { open, server, of }: Served,
  clock: ManualClock,
  failed: () => boolean,
): Promise<void> {
  let over = false;
  const going = (async () => {
    const mta = await open();
    await mta.unknown("FOO");
    await mta.mail("a");
    mta.abort();
    await mta.message(MESSAGE, { to: TO });
    mta.quit();
    await until(() => server.connections === 0);
  })();
  void going.then(() => over = true, () => over = true);
  await until(() => {
    // Whoever waits waits in vain.
    if (!failed()) clock.advance(1000);
    return over;
  });
  await going;
  assert.deepEqual(of("internal-error"), []);
}

for (const [how, make, fails] of THENABLES) {
  test(`a callback that returns what ${how} fails its filter alone, wherever it is`, async () => {
    for (const [callback, title, before, settings] of PLACES) {
      const clock = new ManualClock();
      const filter = probe("1", [], { [callback]: once(make) } as never, {
        ...callback === "negotiate" ? { negotiate: once(make) as never } : {},
        ...settings,
      });
      await served([...before, filter], async (all) => {
        await session(all, clock, () => all.of("filter-error").length > 0);
        const { filter: name, event, error } = all.first("filter-error");
        // Such a filter is asked about the sender when a recipient comes.
        const at = title.startsWith("mail of") ? "rcpt" : callback;
        assert.deepEqual([name, event], ["1", at], title);
        assert.equal(all.of("filter-error").length, 1, title);
        assert.ok(fails(error), `${title}: ${error}`);
      }, { clock });
    }
  });
}

test("of what settles twice the first counts, wherever it is", async () => {
  for (const [callback, title, before, settings] of PLACES) {
    const clock = new ManualClock();
    const twice = once(() => ({
      then(done: (value: unknown) => void, fail: (error: unknown) => void) {
        done(undefined);
        done(reject());
        fail(boom);
        throw boom;
      },
    }));
    const filter = probe("1", [], { [callback]: twice } as never, {
      ...callback === "negotiate" ? { negotiate: twice as never } : {},
      ...settings,
    });
    await served([...before, filter], async (all) => {
      await session(all, clock, () => true);
      assert.deepEqual(all.of("filter-error"), [], title);
      assert.deepEqual(all.reports().map(({ outcome }) => outcome), ["abort", "accept"], title);
    }, { clock });
  }
});

for (const event of ["connect", "helo", "mail", "data", "header", "eom"] as const) {
  for (const onError of ["tempfail", "accept"] as const) {
    test(`what comes behind a callback of ${event} that had its time waits for it: ${onError}`, async () => {
      const clock = new ManualClock();
      const log: string[] = [];
      const slow = gate();
      const filter = probe("1", log, {
        [event]: once(async () => {
          await slow.opened;
          log.push("done");
        }),
      }, { onError });
      await served([filter], async ({ open, server, of }) => {
        const mta = await open({ bare: true });
        const going = (async () => {
          await mta.connect({ hostname: "h", family: "unknown" });
          await mta.helo("h");
          await mta.message(MESSAGE, { to: TO });
          mta.quit();
        })();
        await until(() => log.includes(`${event}:1`));
        clock.advance(300_000);
        await going;
        await until(() => server.connections === 0);
        assert.equal(of("filter-error").length, 1);
        const before = log.length;
        slow.open();
        await until(() => log.includes("close:1"));
        const inMessage = event !== "connect" && event !== "helo";
        assert.deepEqual(log.slice(before), ["done", ...inMessage ? ["abort:1"] : [], "close:1"]);
      }, { clock });
    });
  }
}

test("abort waits for a callback that had its time after the connection was lost, too", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const slow = gate();
  let signal: AbortSignal | undefined;
  const filter: AnyFilter = {
    name: "1",
    async eom(_, context) {
      signal = context.signal;
      await slow.opened;
      log.push("done");
    },
    abort: () => void log.push("abort"),
    close: () => void log.push("close"),
  };
  await served([filter], async ({ open, server }) => {
    const mta = await open();
    mta.message(MESSAGE, { to: TO }).catch(() => {});
    await until(() => signal);
    mta.destroy();
    await until(() => signal!.aborted);
    clock.advance(300_000);
    await until(() => server.connections === 0);
    assert.deepEqual(log, []);
    slow.open();
    await until(() => log.length === 3);
    assert.deepEqual(log, ["done", "abort", "close"]);
  }, { clock });
});

test("a callback that never ends keeps the abort of its own message waiting, and of no other", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const filter = probe("1", log, { mail: once(() => new Promise(() => {})) }, { onError: "accept" });
  await served([filter, probe("2", [])], async ({ open }) => {
    const mta = await open();
    const first = mta.mail("a");
    await until(() => log.includes("mail:1"));
    clock.advance(8000);
    await first;
    mta.abort();
    await mta.mail("b");
    mta.abort();
    await mta.unknown("SYNC");
    assert.deepEqual(log.slice(2), ["mail:1", "mail:1", "abort:1", "unknown:1"]);
  }, { clock });
});

test("close waits for the late callbacks of all messages", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const slow = { first: gate(), second: gate() };
  let messages = 0;
  const filter: AnyFilter = {
    name: "1",
    onError: "accept",
    async mail() {
      await (messages++ === 0 ? slow.first : slow.second).opened;
    },
    abort: () => void log.push("abort"),
    close: () => void log.push("close"),
  };
  await served([filter, probe("2", [])], async ({ open, server }) => {
    const mta = await open();
    for (const count of [1, 2]) {
      const answer = mta.mail("a");
      await until(() => messages === count);
      clock.advance(8000);
      await answer;
      mta.abort();
    }
    mta.quit();
    await until(() => server.connections === 0);
    slow.second.open();
    await until(() => log.length === 1);
    slow.first.open();
    await until(() => log.length === 3);
    assert.deepEqual(log, ["abort", "abort", "close"]);
  }, { clock });
});

test("an accept that comes too late is none", async () => {
  const clock = new ManualClock();
  const slow = gate();
  await served([probe("1", [], { mail: once(() => slow.opened.then(accept)) })], async ({ open }) => {
    const mta = await open();
    const answer = mta.mail("a");
    await until(() => clock.waited(8000));
    clock.advance(8000);
    assert.equal((await answer).verdict, "tempfail");
    slow.open();
    assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
  }, { clock });
});
