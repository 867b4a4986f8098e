// What holds up everybody's mail is told: a callback that works without a pause, a regular expression that tries on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeFilter } from "../header_rewrite/support.ts";
import { toBytes } from "../../lib/message/text.ts";
import { MESSAGE, served, sleep, until } from "./support.ts";

const TO = ["b@example.net"];

/** Keeps the processor busy. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe("what holds the process up", () => {
  it("is told of with the filter's name and event, and once in a while", async () => {
    const filter = { name: "slow", header: () => work(300), eom: () => work(10) };
    await served([filter, { name: "other" }], async ({ open, of, reports }) => {
      const mta = await open();
      // Two header fields, and a message more: one of four is told.
      for (let i = 0; i < 2; i++) await mta.message(MESSAGE, { to: TO, macros: { mail: { i: "Q1" } } });
      await until(() => reports().length === 2);
      const told = of("stalled").filter(({ filter }) => filter !== undefined);
      assert.deepEqual(told.map(({ filter, event, queueId, missed }) => [filter, event, queueId, missed]), [
        ["slow", "header", "Q1", 0],
      ]);
      assert.ok(told[0].milliseconds >= 300, String(told[0].milliseconds));
    });
  });

  it("is told of where it is behind a promise, without a name", { timeout: 30_000 }, async () => {
    const filter = {
      name: "slow",
      eom: async () => {
        await sleep(1);
        work(2500);
      },
    };
    await served([filter], async ({ open, of }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      await until(() => of("stalled").length > 0);
      const [{ filter, milliseconds }] = of("stalled");
      assert.equal(filter, undefined);
      assert.ok(milliseconds >= 1000, String(milliseconds));
    });
  });

  it("is not a filter that waits", async () => {
    await served([{ name: "waits", eom: () => sleep(400) }], async ({ open, of }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      assert.deepEqual(of("stalled").filter(({ filter }) => filter !== undefined), []);
    });
  });

  it("is a rule whose expression tries without an end", { timeout: 60_000 }, async () => {
    const rule = makeFilter([["replace", "Subject /^(a+)+$/ b"]]);
    await served([rule], async ({ open, of }) => {
      const mta = await open();
      // V8 doubles its time with each letter; JavaScriptCore gives up after a while, and takes it for no match.
      for (let letters = 24; of("stalled").length === 0 && letters < 34; letters++) {
        // Many, since how long JavaScriptCore tries at one depends on the machine.
        const field = `Subject: ${"a".repeat(letters)}!\r\n`;
        await mta.message(toBytes(`${field.repeat(8)}\r\nbody\r\n`), { to: TO });
      }
      const [{ filter, event }] = of("stalled");
      assert.deepEqual([filter, event], ["header-rewrite", "eom"]);
    });
  });
});
