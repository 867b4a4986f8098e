// A filter that fails is alone in it: its onError rules the message, the others and the connection go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OnError } from "../../lib/filter/filter.ts";
import { FilterTimeoutError } from "../../lib/chain/failure.ts";
import { InvalidVerdictError } from "../../lib/filter/verdict.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type AnyFilter, gate, MESSAGE, once, probe, served, until } from "../server/support.ts";
import { boom, failing, never, TO } from "./failures_support.ts";

const ANSWER = { tempfail: "tempfail", reject: "reject", accept: "continue" } as const;

const WAYS: [
  how: string,
  fail: () => unknown,
  is: (error: unknown) => boolean,
  settings?: Partial<AnyFilter>,
][] = [
  ["throws", () => {
    throw boom;
  }, (error) => error === boom],
  ["rejects its promise", () => Promise.reject(boom), (error) => error === boom],
  ["takes too long", () => never, (error) => error instanceof FilterTimeoutError && error.value === 20, {
    timeout: 20,
  }],
  ["answers rubbish", () => "yes", (error) => error instanceof InvalidVerdictError && error.value === "yes"],
  ["answers null", () => null, (error) => error instanceof InvalidVerdictError],
  [
    "answers a kind that there is not",
    () => ({ kind: "maybe" }),
    (error) => error instanceof InvalidVerdictError,
  ],
  ["promises rubbish", () => Promise.resolve(42), (error) => error instanceof InvalidVerdictError],
];

for (const [how, fail, is, settings] of WAYS) {
  for (const event of ["mail", "data", "eom"] as const) {
    if (how === "takes too long" && event === "eom") continue;
    test(`a filter that ${how} at ${event} gives tempfail there, gets an abort, and is back at the next message`, async () => {
      await failing(event, fail, { ...settings }, (result, heard, failure) => {
        assert.deepEqual([result.event, result.answer.verdict], [event, "tempfail"]);
        // One that is still at work gets its abort when it is done.
        const late = how === "takes too long";
        const aborted = [...heard.matchAll(/abort:(\d+)/g)].flatMap(([, names = ""]) => [...names]).sort()
          .join(
            "",
          );
        const others = event === "mail" ? "1" : event === "data" ? "13" : "3";
        assert.equal(aborted, [...others + (late ? "" : "2")].sort().join(""));
        const { filter, event: at, error, onError } = failure;
        assert.deepEqual([filter, at, onError], ["2", event, "tempfail"]);
        assert.ok(is(error), String(error));
      });
    });
  }
}

for (const onError of ["tempfail", "reject", "accept"] as OnError[]) {
  for (const event of ["mail", "data", "eom"] as const) {
    test(`onError ${onError} is what a filter that takes too long at ${event} gives to the message`, async () => {
      const clock = new ManualClock();
      const slow = gate();
      const log: string[] = [];
      const filter = probe("1", log, { [event]: once(() => slow.opened) }, { onError });
      await served([filter, probe("2", log)], async ({ open, of }) => {
        const mta = await open();
        const first = mta.message(MESSAGE, { to: TO });
        await until(() => log.includes(`${event}:1`));
        clock.advance(300_000);
        const { event: at, answer } = await first;
        assert.deepEqual([at, answer.verdict], [onError === "accept" ? "eom" : event, ANSWER[onError]]);
        assert.equal(log.includes("eom:2"), onError === "accept");
        assert.deepEqual(of("filter-error").map((error) => error.onError), [onError]);
        slow.open();
        assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
      }, { clock });
    });
  }
}

for (const onError of ["tempfail", "reject", "accept"] as OnError[]) {
  for (const event of ["mail", "rcpt", "data", "header", "eoh", "body", "eom"] as const) {
    test(`onError ${onError} is what a failure at ${event} gives to the message`, async () => {
      await failing(
        event,
        () => {
          throw boom;
        },
        { onError },
        (result, heard, failure) => {
          const late = onError === "accept" || ["header", "eoh", "body", "eom"].includes(event);
          if (event === "rcpt" && onError !== "accept") {
            // The failed filter does not know its message any more: no recipient of it is taken.
            assert.deepEqual(result.refused.map(({ answer }) => answer.verdict), [onError, onError]);
          } else {
            assert.deepEqual([result.event, result.answer.verdict], [late ? "eom" : event, ANSWER[onError]]);
          }
          assert.equal(failure.onError, onError);
          const aborted = [...heard.matchAll(/abort:(\d+)/g)].flatMap(([, names = ""]) => [...names]).sort()
            .join(
              "",
            );
          const others = onError === "accept"
            ? ""
            : event === "mail"
            ? "1"
            : event === "rcpt" || event === "data"
            ? "13"
            : "3";
          assert.equal(aborted, [..."2" + others].sort().join(""));
          assert.equal(heard.includes("eom:1"), late);
        },
      );
    });
  }
}

for (const event of ["connect", "helo"] as const) {
  for (const onError of ["tempfail", "reject", "accept"] as OnError[]) {
    test(`onError ${onError} is what a failure at ${event} gives to the session`, async () => {
      const log: string[] = [];
      await served([
        probe("1", log),
        probe("2", log, { [event]: () => Promise.reject(boom) }, { onError }),
      ], async ({ open, of }) => {
        const mta = await open({ bare: true });
        const answers = {
          connect: await mta.connect({ hostname: "h", family: "unknown" }),
          helo: await mta.helo("h"),
        };
        assert.equal(answers[event].verdict, ANSWER[onError]);
        assert.deepEqual(of("filter-error").map(({ event, onError }) => [event, onError]), [[
          event,
          onError,
        ]]);
        const { answer } = await mta.message(MESSAGE, { to: TO });
        assert.equal(answer.verdict, ANSWER[onError]);
        assert.equal(log.includes("mail:2"), false);
        assert.equal(log.includes("close:2"), onError === "accept");
      });
    });
  }
}

test("a failure in abort or close concerns nobody", async () => {
  for (
    const fail of [() => {
      throw boom;
    }, () => Promise.reject(boom)]
  ) {
    const log: string[] = [];
    await served([
      probe("1", log, { abort: fail, close: fail }),
      probe("2", log),
    ], async ({ open, server, of }) => {
      const mta = await open();
      await mta.mail("a");
      mta.abort();
      assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
      mta.quit();
      await server.stop();
      assert.deepEqual(of("filter-error").map(({ event, error, onError }) => [event, error, onError]), [
        ["abort", boom, "ignored"],
        ["close", boom, "ignored"],
      ]);
      assert.deepEqual([log.includes("abort:2"), log.includes("close:2")], [true, true]);
    });
  }
});

test("a failure where no answer is wanted is kept, and given where one is", async () => {
  for (
    const [event, at] of [["mail", "eom"], ["rcpt", "eom"], ["header", "eom"], ["body", "eom"], [
      "helo",
      "eom",
    ]] as const
  ) {
    const log: string[] = [];
    await served(
      [probe("1", log, { [event]: once(() => Promise.reject(boom)) }, { verdicts: [] })],
      async ({ open, of }) => {
        const mta = await open();
        const result = await mta.message(MESSAGE, { to: TO });
        assert.deepEqual([result.event, result.answer.verdict, result.refused], [at, "tempfail", []], event);
        assert.equal(of("filter-error").length, 1);
        assert.equal(log.includes("eom:1"), false);
        if (event === "helo") return;
        assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
      },
    );
  }
});

test("a kept failure is given at the next event that somebody answers", async () => {
  await served([
    probe("1", [], { mail: once(() => Promise.reject(boom)) }, { verdicts: [] }),
    { name: "2", data: () => {} },
  ], async ({ open }) => {
    const mta = await open();
    const result = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([result.event, result.answer.verdict], ["data", "tempfail"]);
    assert.equal((await mta.message(MESSAGE, { to: TO })).event, "eom");
  });
});

test("a failure at an unknown command is an answer to it alone", async () => {
  const log: string[] = [];
  await served([probe("1", log, { unknown: () => Promise.reject(boom) })], async ({ open }) => {
    const mta = await open();
    await mta.mail("a");
    assert.equal((await mta.unknown("FOO")).verdict, "tempfail");
    assert.equal((await mta.rcpt("b")).verdict, "continue");
    assert.equal(log.includes("abort:1"), false);
  });
});
