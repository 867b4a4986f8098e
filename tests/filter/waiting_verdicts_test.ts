// Verdicts on content: they wait until the filters before have accepted the message.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { accept, discard, reject, tempfail } from "../../lib/filter/verdict.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { grouped, MESSAGE, once, probe, served } from "../server/support.ts";
import { ALL, run, saying, TO } from "./verdicts_support.ts";

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
