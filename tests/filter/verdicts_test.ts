// Three filters, one of which gives a verdict once; then a second message, for which all are back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { accept, discard, reject, skip, tempfail } from "../../lib/filter/verdict.ts";
import { grouped, MESSAGE, once, probe, served } from "../server/support.ts";
import { ALL, run, saying, TO } from "./verdicts_support.ts";

test("where nobody says anything all are asked everything, in order, and nobody gets an abort", async () => {
  const { event, answer, first, second, end } = await run(saying("", "mail", accept));
  assert.deepEqual([event, answer], ["eom", { verdict: "continue", modifications: [] }]);
  assert.deepEqual([first, second, end], [ALL, ALL, "close:123"]);
});

for (
  const [event, first] of [
    ["mail", "mail:123 rcpt:13 rcpt:13 data:13 header:13 header:13 eoh:13 body:13 eom:13"],
    ["rcpt", "mail:123 rcpt:123 rcpt:13 data:13 header:13 header:13 eoh:13 body:13 eom:13"],
    ["data", "mail:123 rcpt:123 rcpt:123 data:123 header:13 header:13 eoh:13 body:13 eom:13"],
    ["header", "mail:123 rcpt:123 rcpt:123 data:123 header:123 header:13 eoh:13 body:13 eom:13"],
    ["eoh", "mail:123 rcpt:123 rcpt:123 data:123 header:123 header:123 eoh:123 body:13 eom:13"],
    ["body", "mail:123 rcpt:123 rcpt:123 data:123 header:123 header:123 eoh:123 body:123 eom:13"],
    ["eom", ALL],
  ] as [VerdictEvent, string][]
) {
  test(`a filter that accepts at ${event} is left out of the rest of this message, and the others go on`, async () => {
    const result = await run(saying("2", event, accept));
    assert.deepEqual([result.event, result.answer.verdict], ["eom", "continue"]);
    assert.deepEqual([result.first, result.second, result.end], [first, ALL, "close:123"]);
  });
}

test("once every filter has accepted the MTA is told, and nobody is asked any more", async () => {
  const log: string[] = [];
  const filters = [
    probe("1", log, { mail: accept }),
    probe("2", log, { data: accept }),
    probe("3", log, { rcpt: accept }),
  ];
  await served(filters, async ({ open, reports }) => {
    const mta = await open();
    log.length = 0;
    const { event, answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual([event, answer.verdict], ["data", "accept"]);
    assert.equal(grouped(log), "mail:123 rcpt:23 rcpt:2 data:2");
    assert.deepEqual(reports().map(({ outcome, event }) => [outcome, event]), [["accept", "data"]]);
  });
});

for (
  const [event, first] of [
    ["mail", "mail:12 abort:1"],
    ["data", "mail:123 rcpt:123 rcpt:123 data:12 abort:13"],
  ] as [VerdictEvent, string][]
) {
  for (const verdict of [reject, tempfail, discard]) {
    test(`${verdict.name} at ${event} ends the message: later filters do not hear of it, those told get an abort`, async () => {
      const result = await run(saying("2", event, verdict));
      assert.deepEqual([result.event, result.answer.verdict], [event, verdict.name]);
      assert.deepEqual([result.first, result.second, result.end], [first, ALL, "close:123"]);
    });
  }
}

for (const verdict of [reject, tempfail]) {
  test(`${verdict.name} at rcpt concerns the recipient: later filters never hear of it, the message goes on`, async () => {
    const result = await run(saying("2", "rcpt", verdict));
    assert.deepEqual([result.event, result.answer.verdict, result.refused], [
      "eom",
      "continue",
      TO.slice(0, 1),
    ]);
    assert.equal(result.first, ALL.replace("rcpt:123", "rcpt:12"));
    assert.equal(result.second, ALL);
  });
}

test("discard at rcpt ends the message", async () => {
  const result = await run(saying("2", "rcpt", discard));
  assert.deepEqual([result.event, result.answer.verdict], ["rcpt", "discard"]);
  assert.deepEqual([result.first, result.second], ["mail:123 rcpt:12 abort:13", ALL]);
});

for (const event of ["connect", "helo"] as const) {
  test(`a filter that accepts at ${event} is closed at once and left out of the connection`, async () => {
    const log: string[] = [];
    await served(
      ["1", "2", "3"].map((name) => probe(name, log, name === "2" ? { [event]: accept } : {})),
      async ({ open, server }) => {
        const mta = await open();
        const before = event === "connect" ? "" : "connect:123 ";
        assert.equal(
          grouped(log),
          event === "connect" ? "connect:12 close:2 connect:3 helo:13" : `${before}helo:12 close:2 helo:3`,
        );
        for (let i = 0; i < 2; i++) {
          log.length = 0;
          await mta.message(MESSAGE, { to: TO });
          assert.equal(grouped(log), ALL.replaceAll("123", "13"));
        }
        log.length = 0;
        mta.quit();
        await server.stop();
        assert.equal(grouped(log), "close:13");
      },
    );
  });

  for (const verdict of [() => reject(554, "5.7.1", "go away"), () => tempfail(421, "4.7.0", "go away")]) {
    const { kind, reply } = verdict();
    test(`${kind} at ${event} ends the session: later filters never hear of it, and all that follows gets the same`, async () => {
      const log: string[] = [];
      await served(
        ["1", "2", "3"].map((name) => probe(name, log, name === "2" ? { [event]: verdict } : {})),
        async ({ open, server }) => {
          const mta = await open({ bare: true });
          const answers = {
            connect: await mta.connect({ hostname: "h", family: "unknown" }),
            helo: await mta.helo("h"),
          };
          assert.deepEqual(answers[event].reply, reply);
          const before = event === "connect" ? "" : "connect:123 ";
          assert.equal(grouped(log), `${before}${event}:12`);
          log.length = 0;
          assert.deepEqual((await mta.helo("again")).reply, reply);
          for (let i = 0; i < 2; i++) {
            const { event, answer } = await mta.message(MESSAGE, { to: TO });
            assert.deepEqual([event, answer.reply], ["mail", reply]);
          }
          assert.deepEqual(log, []);
          mta.quit();
          await server.stop();
          assert.equal(grouped(log), "close:123");
        },
      );
    });
  }
}

test("where every filter accepts at connect the MTA is told", async () => {
  const log: string[] = [];
  await served(["1", "2"].map((name) => probe(name, log, { connect: accept })), async ({ open }) => {
    const mta = await open({ bare: true });
    assert.equal((await mta.connect({ hostname: "h", family: "unknown" })).verdict, "accept");
    assert.equal(grouped(log), "connect:1 close:1 connect:2 close:2");
    assert.equal((await mta.helo("h")).verdict, "accept");
    assert.deepEqual((await mta.message(MESSAGE, { to: TO })).event, "mail");
    assert.equal(log.length, 4);
  });
});

test("reject and tempfail at an unknown command are answers to it alone", async () => {
  const log: string[] = [];
  const filters = ["1", "2", "3"].map((name) =>
    probe(name, log, name === "2" ? { unknown: once(() => reject(500, "5.5.1", "what?")) } : {})
  );
  await served(filters, async ({ open }) => {
    const mta = await open();
    await mta.mail("a@example.org");
    log.length = 0;
    assert.deepEqual((await mta.unknown("FOO")).reply?.lines, ["what?"]);
    assert.equal((await mta.unknown("BAR")).verdict, "continue");
    assert.equal((await mta.rcpt("b@example.net")).verdict, "continue");
    assert.equal(grouped(log), "unknown:12 unknown:123 rcpt:123");
  });
});

test("skip spares its filter the rest of the body, and the MTA once all have had enough", async () => {
  const body = new Uint8Array(200_000).fill(0x78);
  const log: string[] = [];
  await served(
    [probe("1", log, { body: skip }), probe("2", log, { body: once(skip, 3) })],
    async ({ open }) => {
      const mta = await open();
      for (const field of [await mta.mail("a"), await mta.rcpt("b"), await mta.data(), await mta.eoh()]) {
        assert.equal(field.verdict, "continue");
      }
      log.length = 0;
      const answers: string[] = [];
      for (let i = 0; i < 3; i++) answers.push((await mta.body(body.subarray(0, 65535))).verdict);
      assert.deepEqual(answers, ["continue", "continue", "skip"]);
      assert.equal((await mta.eom()).verdict, "continue");
      assert.equal(grouped(log), "body:12 body:2 body:2 eom:12");
      await mta.mail("next");
      log.length = 0;
      await mta.body(MESSAGE);
      assert.equal(grouped(log), "body:12");
    },
  );
});

test("skip is kept from an MTA that does not know it", async () => {
  const log: string[] = [];
  await served([probe("1", log, { body: skip })], async ({ open }) => {
    const mta = await open({ offer: { protocol: 0x1fffff & ~0x400 } });
    await mta.mail("a");
    log.length = 0;
    assert.equal((await mta.body(MESSAGE)).verdict, "continue");
    assert.equal((await mta.body(MESSAGE)).verdict, "continue");
    assert.equal((await mta.eom()).verdict, "continue");
    assert.equal(grouped(log), "body:1 eom:1");
  });
});
