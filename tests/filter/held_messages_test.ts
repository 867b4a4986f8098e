// What Postfix and Sendmail make of the filters after one that has a message held.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../lib/filter/filter_terms.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { accept, discard, reject } from "../../lib/filter/verdict.ts";
import { grouped, MESSAGE, probe, served } from "../server/support.ts";
import { ALL, TO } from "./verdicts_support.ts";

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
