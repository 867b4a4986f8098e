// What rate-limit does with mail over a limit, and what it does when it cannot count.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { limited } from "./support.ts";

test("reject answers 550", async () => {
  await using it = await limited([["limit", "1/1h"], ["action", "reject"]]);
  await it.sendAs("joe");
  (await it.sendAs("joe")).assertRejected(550, "Too many messages, try again in 60 minutes");
});

test("quarantine holds the message, and says why", async () => {
  await using it = await limited([["limit", "1/1h"], ["action", "quarantine"]]);
  (await it.sendAs("joe")).assertAccepted().assertUnchanged();
  (await it.sendAs("joe")).assertHeld("over the limit 1/1h");
});

test("mark lets the message through, and names the limit but not the sender", async () => {
  await using it = await limited([["limit", "1/1h"], ["action", "mark"], ["mark-header", "X-Fast"]]);
  assert.deepEqual((await it.sendAs("joe")).assertAccepted().assertUnchanged().labels, []);
  const over = (await it.sendAs("joe")).assertAccepted().assertHeader("X-Fast", "over 1/1h");
  assert.deepEqual(over.labels, ["over-limit"]);
});

test("mark of recipients marks the message once", async () => {
  await using it = await limited([["limit", "1/1h"], ["action", "mark"], ["count", "recipients"]]);
  const delivered = await it.sendAs("joe", { to: ["a@example.net", "b@example.net", "c@example.net"] });
  delivered.assertAccepted().assertHeader("X-Rate-Limit", "over 1/1h");
  assert.equal(delivered.fields.filter(({ name }) => name === "X-Rate-Limit").length, 1);
});

test("the log has a warning once per time, the message a remark each time", async () => {
  await using it = await limited([["limit", "1/1h burst 1"], ["notify-every", "2h"]]);
  const warnings: string[] = [];
  for (let minutes = 0; minutes < 300; minutes += 20) {
    const { logs, notes, outcome } = await it.sendAs("joe");
    warnings.push(...logs.map(({ level, text, fields }) => `${minutes} ${level} ${text} ${fields.key}`));
    if (outcome !== "accept") assert.equal(notes[0]?.remark, "over the limit 1/1h");
    await it.clock.advance(20 * 60_000);
  }
  assert.deepEqual(warnings, [20, 140, 260].map((at) => `${at} warning over the limit 1/1h joe`));
});

test("counters tell what was within and over the limits", async () => {
  await using it = await limited([["limit", "2/1h"]]);
  await it.count("joe", 7);
  assert.equal(it.filter.metrics.count("counted_total"), 2);
  assert.equal(it.filter.metrics.count("over_total", { limit: "2/1h" }), 5);
});

test("the status page learns who comes near a limit", async () => {
  await using it = await limited([["limit", "4/1h"]]);
  await it.count("ann", 1);
  await it.count("joe", 2);
  await it.count("max", 6);
  const uses = it.filter.metrics.limits.take();
  assert.deepEqual(
    uses.map(({ filter, key, limit, used, most, refused }) => ({ filter, key, limit, used, most, refused })),
    [
      { filter: "rate-limit", key: "joe", limit: "4/1h", used: 2, most: 4, refused: 0 },
      { filter: "rate-limit", key: "max", limit: "4/1h", used: 4, most: 4, refused: 2 },
    ],
  );
});

test("a dry run counts in buckets of its own and tells nobody", async () => {
  const store = new MemoryStore();
  const names: string[] = [];
  const parts = {
    store: (_filter: string, name: string) => {
      names.push(name);
      return store;
    },
  };
  const { rateLimit } = await import("../../filters/rate_limit/rate_limit.ts");
  const { configureFilter, optionsOf } = await import("../../cli/config/filter_arguments.ts");
  const { OptionValues } = await import("../../lib/options/options.ts");
  const given: [string, string][] = [["limit", "1/1h"], ["dry-run", ""], ["notify-mail", "root"]];
  const { filter } = await configureFilter(rateLimit, new OptionValues(optionsOf(rateLimit), given), parts);
  const { deliver } = await import("../../lib/testing.ts");
  for (let i = 0; i < 2; i++) {
    const delivered = await deliver(filter, { macros: { auth_authen: "joe" } });
    delivered.assertAccepted();
    if (i === 1) delivered.assertLogged("over the limit 1/1h (dry run: nobody is told)");
  }
  assert.deepEqual(names, ["trial-buckets", "trial-told", "passes"]);
  await filter.dispose();
  assert.equal(filter.metrics.count("notices_total"), 0);
});

test("mail is put off if the store is away and the service wants that", async () => {
  class Away extends MemoryStore {
    override take(): Promise<never> {
      return Promise.reject(new StoreUnavailableError("redis://localhost", "nobody listens there"));
    }
  }
  await using it = await limited([["limit", "1/1h"], ["action", "mark"]], { store: new Away() });
  const putOff = await it.sendAs("joe");
  putOff.assertTempfailed(451, "Cannot count mail at the moment, try again later");
  assert.equal(putOff.notes[0]?.remark, "put off: the state does not answer");
  (await it.send()).assertAccepted();
});

test("any other fault of the store is a failure of the filter", async () => {
  class Broken extends MemoryStore {
    override take(): Promise<never> {
      return Promise.reject(new Error("a fault"));
    }
  }
  await using it = await limited([["limit", "1/1h"]], { store: new Broken() });
  const delivered = await it.sendAs("joe");
  delivered.assertTempfailed();
  assert.equal(delivered.failures.length, 1);
});

test("the verdict stands if only the memory of notices is away", async () => {
  class HalfAway extends MemoryStore {
    override seen(): Promise<never> {
      return Promise.reject(new StoreUnavailableError("redis://localhost", "nobody listens there"));
    }
  }
  await using it = await limited([["limit", "1/1h"], ["action", "reject"]], { store: new HalfAway() });
  await it.sendAs("joe");
  (await it.sendAs("joe")).assertRejected(550);
});
