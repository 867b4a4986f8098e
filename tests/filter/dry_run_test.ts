import assert from "node:assert/strict";
import { test } from "node:test";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { discard, reject, type Verdict } from "../../lib/filter/verdict.ts";
import { type AnyFilter, grouped, MESSAGE, once, probe, served } from "../server/support.ts";
import { at } from "../support/present.ts";

const TO = ["a@example.net", "b@example.net"];

for (
  const [event, verdict, heard] of [
    [
      "mail",
      () => reject(550, "5.7.1", "no"),
      "mail:12 rcpt:2 rcpt:2 data:2 header:2 header:2 eoh:2 body:2 eom:2",
    ],
    ["header", () => reject(), "mail:12 rcpt:12 rcpt:12 data:12 header:12 header:2 eoh:2 body:2 eom:2"],
    ["eom", () => reject(), "mail:12 rcpt:12 rcpt:12 data:12 header:12 header:12 eoh:12 body:12 eom:12"],
    ["rcpt", () => reject(), "mail:12 rcpt:12 rcpt:12 data:12 header:12 header:12 eoh:12 body:12 eom:12"],
    ["rcpt", discard, "mail:12 rcpt:12 rcpt:2 data:2 header:2 header:2 eoh:2 body:2 eom:2"],
  ] as [string, () => Verdict, string][]
) {
  test(`a dry run's ${verdict().kind} at ${event} is only noted; it hears no more than if it had counted`, async () => {
    const log: string[] = [];
    const filter = dryRun(probe("1", log, { [event]: once(verdict) }));
    await served([filter, probe("2", log)], async ({ open, firstReport, of }) => {
      const mta = await open();
      log.length = 0;
      const { answer, refused } = await mta.message(MESSAGE, { to: TO });
      assert.deepEqual([answer.verdict, refused], ["continue", []]);
      assert.equal(grouped(log), heard);
      const { outcome, notes, filter } = firstReport();
      assert.deepEqual([outcome, filter], ["accept", undefined]);
      assert.deepEqual(notes.map(({ filter, event, dryRun }) => [filter, event, dryRun]), [[
        "1",
        event,
        true,
      ]]);
      assert.equal(at(notes, 0).verdict, verdict().kind);
      assert.deepEqual(of("filter-error"), []);
    });
  });
}

test("a dry run's changes are only noted, and later filters neither wait for them nor see them", async () => {
  const log: string[] = [];
  const seen: string[] = [];
  const filter: AnyFilter = dryRun({
    name: "dry",
    changes: ["addHeader", "replaceBody"],
    eom: (message) => {
      log.push("eom:1");
      message.addHeader("X", "1");
      message.replaceBody("new");
    },
  });
  const later = probe("2", log, {
    eom: ((message: { headers: Iterable<{ name: string }> }) => {
      seen.push(...[...message.headers].map(({ name }) => name));
    }) as never,
  });
  await served([filter, later], async ({ open, firstReport }) => {
    const mta = await open();
    assert.equal(mta.terms.actions, 0);
    log.length = 0;
    const { answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual(answer.modifications, []);
    assert.deepEqual(seen, ["Subject", "X-A"]);
    assert.equal(grouped(log), "mail:2 rcpt:2 rcpt:2 data:2 header:2 header:2 eoh:2 body:2 eom:12");
    assert.deepEqual(firstReport().notes, [
      { filter: "dry", event: "eom", changes: ["add X: 1", "replace body (3 bytes)"], dryRun: true },
    ]);
  });
});

test("a dry run that fails is logged, and the message goes on without it", async () => {
  const log: string[] = [];
  const filter = dryRun(
    probe("1", log, { data: once(() => Promise.reject(new Error("boom"))) }, { onError: "reject" }),
  );
  await served([filter, probe("2", log)], async ({ open, of }) => {
    const mta = await open();
    for (let i = 0; i < 2; i++) {
      log.length = 0;
      assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
    }
    assert.equal(of("filter-error").length, 1);
    assert.ok(log.includes("eom:1"));
  });
});

test("a dry run before a filter does not keep that one's verdict on content waiting", async () => {
  await served([dryRun(probe("1", [])), probe("2", [], { header: () => reject() })], async ({ open }) => {
    const mta = await open();
    const { event, answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([event, answer.verdict], ["header", "reject"]);
  });
});

test("a dry run of an instance of a class reaches what only the instance has", async () => {
  class Counter {
    readonly name = "counter";
    #messages = 0;
    readonly #word = "odd";

    get messages(): number {
      return this.#messages;
    }

    mail(): void {
      this.#messages++;
    }

    eom(): Verdict {
      return reject(550, "5.7.1", this.#word);
    }
  }
  const counter = new Counter();
  await served([dryRun(counter)], async ({ open, of, firstReport }) => {
    const mta = await open();
    assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
    assert.deepEqual(of("filter-error"), []);
    assert.equal(counter.messages, 1);
    assert.equal(at(firstReport().notes, 0).reply, "550 5.7.1 odd");
  });
});

test("a dry run has the callbacks and the states of its filter", async () => {
  const filter: AnyFilter = {
    name: "1",
    messageState: () => ({ count: 0 }),
    header: (_, context) => void context.messageState.count++,
    eom: (_, context) => context.messageState.count === 2 ? reject() : undefined,
  };
  await served([dryRun(filter)], async ({ open, firstReport }) => {
    const mta = await open();
    await mta.message(MESSAGE, { to: TO });
    assert.deepEqual(firstReport().notes.map(({ verdict }) => verdict), ["reject"]);
  });
});
