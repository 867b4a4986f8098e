// Three filters, one of which gives a verdict once; then a second message, for which all are back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { EventName } from "../../lib/protocol/constants.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { type AnyFilter, grouped, MESSAGE, once, probe, served } from "../server/support.ts";

const ALL = "mail:123 rcpt:123 rcpt:123 data:123 header:123 header:123 eoh:123 body:123 eom:123";
const TO = ["a@example.net", "b@example.net"];

interface Run {
  event: EventName;
  answer: ClientAnswer;
  refused: string[];
  /** What the filters heard of the first message, and of the second. */
  first: string;
  second: string;
  end: string;
}

async function run(make: (log: string[]) => AnyFilter[]): Promise<Run> {
  const log: string[] = [];
  const take = () => grouped(log.splice(0));
  let result: Run | undefined;
  await served(make(log), async ({ open, server, of }) => {
    const mta = await open();
    take();
    const { event, answer, refused } = await mta.message(MESSAGE, { to: TO });
    mta.abort();
    await mta.unknown("SYNC");
    const first = take().replace(/ ?unknown:\d+$/, "");
    await mta.message(MESSAGE, { to: TO });
    const second = take();
    mta.quit();
    await server.stop();
    assert.deepEqual(of("filter-error"), []);
    result = {
      event,
      answer,
      refused: refused.map(({ recipient }) => recipient),
      first,
      second,
      end: take(),
    };
  });
  return result!;
}

/** Three probes, of which one says something once at one event. */
const saying = (who: string, event: string, verdict: () => Verdict, at = 1) => (log: string[]) =>
  ["1", "2", "3"].map((name) => probe(name, log, name === who ? { [event]: once(verdict, at) } : {}));

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

const BEFORE = "mail:123 rcpt:123 rcpt:123 data:123 ";
for (
  const [event, first] of [
    ["header", "header:1 abort:23"],
    ["eoh", "header:123 header:123 eoh:1 abort:23"],
    ["body", "header:123 header:123 eoh:123 body:1 abort:23"],
    ["eom", "header:123 header:123 eoh:123 body:123 eom:1 abort:23"],
  ] as [VerdictEvent, string][]
) {
  for (const verdict of [reject, tempfail, discard]) {
    test(`the first filter's ${verdict.name} at ${event} is given there, and the others get an abort`, async () => {
      const result = await run(saying("1", event, verdict));
      assert.deepEqual([result.event, result.answer.verdict], [event, verdict.name]);
      assert.deepEqual([result.first, result.second, result.end], [BEFORE + first, ALL, "close:123"]);
    });
  }
}

for (
  const [event, first] of [
    ["header", "header:123 header:13 eoh:13 body:13 eom:1 abort:3"],
    ["eoh", "header:123 header:123 eoh:123 body:13 eom:1 abort:3"],
    ["body", "header:123 header:123 eoh:123 body:123 eom:1 abort:3"],
    ["eom", "header:123 header:123 eoh:123 body:123 eom:12 abort:3"],
  ] as [VerdictEvent, string][]
) {
  for (const verdict of [reject, tempfail, discard]) {
    test(`a later filter's ${verdict.name} at ${event} counts once the filters before it have let the message through`, async () => {
      const result = await run(saying("2", event, verdict));
      assert.deepEqual([result.event, result.answer.verdict], ["eom", verdict.name]);
      assert.deepEqual([result.first, result.second, result.end], [BEFORE + first, ALL, "close:123"]);
    });
  }
}

test("a later filter's verdict on content never counts where an earlier one refuses at the end", async () => {
  await served([
    probe("1", [], { eom: () => tempfail(451, "4.7.1", "by the first") }),
    probe("2", [], { header: () => reject(550, "5.7.1", "by the second") }),
  ], async ({ open, firstReport }) => {
    const mta = await open();
    const { event, answer } = await mta.message(MESSAGE, { to: TO });
    assert.equal(event, "eom");
    assert.deepEqual(answer.reply, { code: 451, enhanced: "4.7.1", lines: ["by the first"] });
    const { filter, notes } = firstReport();
    assert.equal(filter, "1");
    assert.deepEqual(notes.map((note) => note.filter), ["1"]);
  });
});

test("a filter whose own verdict waited and never counted gets an abort, as if it had given none", async () => {
  const log: string[] = [];
  await served([
    probe("1", log, { eom: () => tempfail() }),
    probe("2", log, { header: () => reject() }),
  ], async ({ open }) => {
    const mta = await open();
    await mta.message(MESSAGE, { to: TO });
    assert.equal(log.filter((entry) => entry === "abort:2").length, 1);
  });
});

test("a verdict that waits goes with its message, however that ends", async () => {
  for (const how of ["the MTA aborts", "another filter ends it", "it counts at last"]) {
    const log: string[] = [];
    const message = { to: TO };
    await served([
      probe("1", log, { eoh: once(() => how === "another filter ends it" ? reject() : undefined) }),
      probe("2", log, { header: once(() => reject(550, "5.7.1", "waits")) }),
    ], async ({ open }) => {
      const mta = await open();
      if (how === "the MTA aborts") {
        await mta.mail("a");
        await mta.rcpt("b");
        await mta.data();
        await mta.header(HeaderField.of("Subject", "hi"));
        mta.abort();
      } else {
        const { event } = await mta.message(MESSAGE, message);
        assert.equal(event, how === "it counts at last" ? "eom" : "eoh");
      }
      log.length = 0;
      await mta.unknown("FOO");
      assert.equal((await mta.message(MESSAGE, message)).answer.verdict, "continue");
      assert.match(grouped(log), /^(abort:12 )?unknown:12 mail:12 /, how);
      assert.equal(log.filter((entry) => entry === "eom:2").length, 1, how);
    });
  }
});

test("a verdict that waits is given as soon as the filters before it have accepted", async () => {
  const result = await run((log) => [
    probe("1", log, { eoh: once(accept) }),
    probe("2", log, { header: once(() => reject()) }),
    probe("3", log),
  ]);
  assert.deepEqual([result.event, result.answer.verdict], ["eoh", "reject"]);
  assert.equal(result.first, BEFORE + "header:123 header:13 eoh:13 abort:3");
});

test("of two verdicts that wait the earlier filter's counts", async () => {
  const result = await run((log) => [
    probe("1", log),
    probe("2", log, { body: once(() => tempfail()) }),
    probe("3", log, { header: once(() => reject()) }),
  ]);
  assert.deepEqual([result.event, result.answer.verdict], ["eom", "tempfail"]);
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

test("abort goes to those that were told of the message and have not ended it", async () => {
  const log: string[] = [];
  await served(
    ["1", "2", "3"].map((name) => probe(name, log, name === "2" ? { rcpt: once(accept) } : {})),
    async ({ open, reports }) => {
      const mta = await open();
      await mta.mail("a");
      await mta.rcpt("b");
      log.length = 0;
      mta.abort();
      mta.abort();
      await mta.unknown("SYNC");
      assert.equal(grouped(log), "abort:13 unknown:123");
      assert.deepEqual(reports().map(({ outcome, event }) => [outcome, event]), [["abort", "abort"]]);
      log.length = 0;
      await mta.message(MESSAGE, { to: TO });
      assert.equal(grouped(log), ALL);
    },
  );
});

test("the recipients that a filter refused are not in the context, in no filter's", async () => {
  const seen: string[][] = [];
  const look = (_: unknown, context: { recipients: { address: string }[] }) => {
    seen.push(context.recipients.map(({ address }) => address));
  };
  await served([
    probe("1", [], { rcpt: look as never, eom: look as never }),
    probe("2", [], {
      rcpt: ((to: { address: string }) => to.address.startsWith("no") ? reject() : undefined) as never,
      eom: look as never,
    }),
  ], async ({ open, firstReport }) => {
    const mta: MtaClient = await open();
    await mta.message(MESSAGE, { to: ["yes@b", "no@b", "too@b"] });
    assert.deepEqual(seen, [["yes@b"], ["yes@b", "no@b"], ["yes@b", "too@b"], ["yes@b", "too@b"], [
      "yes@b",
      "too@b",
    ]]);
    const { recipients, notes } = firstReport();
    assert.deepEqual(recipients, ["yes@b", "too@b"]);
    assert.deepEqual(notes, [{ filter: "2", event: "rcpt", verdict: "reject", recipient: "no@b" }]);
  });
});

test("a message whose recipients were all refused can be aborted, and counts as refused", async () => {
  const log: string[] = [];
  await served(
    [probe("1", log, { rcpt: reject.bind(undefined, undefined, undefined) })],
    async ({ open, firstReport }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      await mta.unknown("SYNC");
      const { outcome, filter, event } = firstReport();
      assert.deepEqual([outcome, filter, event], ["reject", "1", "rcpt"]);
      assert.equal(log.filter((entry) => entry === "abort:1").length, 1);
    },
  );
});

test("a message of which one recipient was not refused counts as aborted when it is given up", async () => {
  const refuses = probe("1", [], {
    rcpt: (({ address }: { address: string }) => address.startsWith("b") ? reject() : undefined) as never,
  });
  await served([refuses], async ({ open, reports }) => {
    const mta = await open();
    await mta.mail("s@example.org");
    for (const to of ["a@example.net", "b@example.net"]) await mta.rcpt(to);
    mta.abort();
    await mta.unknown("SYNC");
    assert.deepEqual(reports().map(({ outcome, filter }) => [outcome, filter]), [["abort", undefined]]);
  });
});

const CHANGES: Change[] = ["quarantine"];

test("behind Postfix no filter is asked after one that has the message held", async () => {
  for (const verdict of [undefined, accept()]) {
    const log: string[] = [];
    await served([
      probe("1", log),
      probe("2", log, {
        eom: ((message: EndOfMessage) => {
          message.quarantine("odd");
          return verdict;
        }) as never,
      }, { changes: ["quarantine"] }),
      probe("3", log, { header: () => discard() }),
      probe("4", log, { eom: () => discard() }),
    ], async ({ open, firstReport }) => {
      const mta = await open();
      log.length = 0;
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.deepEqual(answer, {
        verdict: "continue",
        modifications: [{ type: "quarantine", reason: "odd" }],
      });
      assert.match(grouped(log), /eom:12 abort:34$/);
      const { outcome, held, filter } = firstReport();
      assert.deepEqual([outcome, held, filter], ["accept", "odd", undefined]);
    }, { mta: "postfix" });
  }
});

test("behind Sendmail quarantine goes on to the next filter, and a later one's reason replaces the first", async () => {
  const log: string[] = [];
  const hold = (reason: string) =>
    ((message: { quarantine(reason: string): void }) => message.quarantine(reason)) as never;
  await served([
    probe("1", log, { eom: hold("first") }, { changes: CHANGES }),
    probe("2", log, { eom: hold("second") }, { changes: CHANGES }),
    probe("3", log),
  ], async ({ open, firstReport }) => {
    const mta = await open();
    log.length = 0;
    const { answer } = await mta.message(MESSAGE, { to: TO });
    assert.deepEqual(answer, {
      verdict: "continue",
      modifications: [{ type: "quarantine", reason: "second" }],
    });
    assert.equal(grouped(log), ALL);
    assert.equal(firstReport().held, "second");
  });
});

test("behind Sendmail a later discard wins over a hold, and earlier changes are lost when a later filter refuses", async () => {
  for (const verdict of [discard, reject]) {
    await served([
      probe("1", [], {
        eom:
          ((message: { quarantine(reason: string): void; addHeader(name: string, value: string): void }) => {
            message.quarantine("odd");
            message.addHeader("X", "1");
          }) as never,
      }, { changes: ["quarantine", "addHeader"] }),
      probe("2", [], { eom: () => verdict() }),
    ], async ({ open }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.deepEqual([answer.verdict, answer.modifications], [verdict.name, []]);
    });
  }
});
