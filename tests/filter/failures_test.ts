// A filter that fails is alone in it: its onError rules the message, the others and the connection go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import type { OnError } from "../../lib/filter/filter.ts";
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { FilterTimeoutError } from "../../lib/chain/failure.ts";
import {
  accept,
  discard,
  InvalidVerdictError,
  reject,
  skip,
  type Verdict,
} from "../../lib/filter/verdict.ts";
import { ManualClock } from "../support/manual_clock.ts";
import {
  type AnyFilter,
  gate,
  grouped,
  MESSAGE,
  once,
  probe,
  served,
  turns,
  until,
} from "../server/support.ts";

const TO = ["a@example.net", "b@example.net"];
const ANSWER = { tempfail: "tempfail", reject: "reject", accept: "continue" } as const;
const boom = new Error("boom");
const never = new Promise<never>(() => {});

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

/** One message that fails by the second of three filters, then one that does not. */
async function failing(
  event: VerdictEvent,
  fail: () => unknown,
  settings: Partial<AnyFilter>,
  check: (
    result: Awaited<ReturnType<MtaClient["message"]>>,
    heard: string,
    failure: { filter: string; event: string; error: unknown; onError: string },
  ) => void,
): Promise<void> {
  const log: string[] = [];
  const filters = ["1", "2", "3"].map((name) =>
    name === "2" ? probe(name, log, { [event]: once(fail) }, settings) : probe(name, log)
  );
  await served(filters, async ({ open, of, first }) => {
    const mta = await open();
    log.length = 0;
    const result = await mta.message(MESSAGE, { to: TO });
    mta.abort();
    await mta.unknown("SYNC");
    const heard = grouped(log).replace(/ unknown:123$/, "");
    check(result, heard, first("filter-error"));
    log.length = 0;
    const second = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([second.event, second.answer.verdict, second.refused], ["eom", "continue", []]);
    assert.equal(
      grouped(log),
      "mail:123 rcpt:123 rcpt:123 data:123 header:123 header:123 eoh:123 body:123 eom:123",
    );
    assert.equal(of("filter-error").length, 1);
  });
}

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

for (const verdict of [reject, discard] as const) {
  test(`${verdict.name} where it was not declared is a failure, and so is it at end of message`, async () => {
    for (const event of ["data", "eom"] as const) {
      const declared = (["mail", "data", "eom"] as VerdictEvent[]).filter((other) => other !== event);
      await failing(event, () => verdict(), { verdicts: declared }, (result, _, { error }) => {
        assert.equal(result.answer.verdict, "tempfail");
        assert.ok(error instanceof InvalidVerdictError);
        assert.match(error.message, new RegExp(`declare "${event}"`));
      });
    }
  });
}

test("accept and skip need no declaration", async () => {
  await served([{ name: "1", verdicts: [], mail: () => accept() }, {
    name: "2",
    verdicts: [],
    body: () => skip(),
  }], async ({ open, of }) => {
    const mta = await open();
    await mta.message(MESSAGE, { to: TO });
    assert.deepEqual(of("filter-error"), []);
  });
});

for (
  const [event, verdict] of [["mail", skip], ["eom", skip], ["connect", discard], ["helo", discard], [
    "unknown",
    accept,
  ], ["unknown", discard]] as const
) {
  test(`${verdict.name} at ${event} is a failure`, async () => {
    await served([probe("1", [], { [event]: once<Verdict>(verdict) })], async ({ open, first }) => {
      const mta = await open();
      await mta.unknown("FOO");
      await mta.message(MESSAGE, { to: TO });
      const { error, event: at } = first("filter-error");
      assert.ok(error instanceof InvalidVerdictError);
      assert.equal(at, event);
    });
  });
}

const CHANGES: Change[] = ["addHeader", "replaceBody"];

for (
  const [how, fail] of [
    ["throws", () => {
      throw boom;
    }],
    ["rejects its promise", () => Promise.reject(boom)],
    ["answers rubbish", () => 42],
  ] as const
) {
  test(`the changes of a filter that ${how} half-way are dropped, the other filters' are kept`, async () => {
    const seen: unknown[] = [];
    await served([
      { name: "1", changes: CHANGES, eom: (message) => message.addHeader("X-One", "1") },
      {
        name: "2",
        changes: CHANGES,
        onError: "accept",
        eom: (message) => {
          message.addHeader("X-Two", "2");
          message.replaceBody("half");
          return fail() as never;
        },
      },
      {
        name: "3",
        changes: CHANGES,
        header: ({ name }) => void seen.push(name),
        eom: (message) => message.addHeader("X-Three", "3"),
      },
    ], async ({ open, of }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.equal(answer.verdict, "continue");
      assert.deepEqual(
        answer.modifications.map((change) => "name" in change && new TextDecoder().decode(change.name)),
        ["X-One", "X-Three"],
      );
      assert.deepEqual(seen, ["Subject", "X-A", "X-One"]);
      assert.equal(of("filter-error").length, 1);
    });
  });
}

test("a change that was not declared is a failure where nobody catches it", async () => {
  await served(
    [{ name: "1", changes: ["addHeader"], eom: (message) => message.quarantine("odd") }],
    async ({ open, first }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.equal(answer.verdict, "tempfail");
      assert.match(String(first("filter-error").error), /Cannot quarantine: the filter does not declare it/);
    },
  );
});

test("a change after the end of message is over throws, and changes nothing", async () => {
  const late = gate<unknown>();
  await served([{
    name: "1",
    changes: ["addHeader"],
    eom: (message) => {
      setTimeout(() => {
        try {
          late.open(message.addHeader("X", "late"));
        } catch (error) {
          late.open(error);
        }
      });
    },
  }], async ({ open }) => {
    const mta = await open();
    const { answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual(answer.modifications, []);
    assert.match(String(await late.opened), /the end of message is over/);
  });
});

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
