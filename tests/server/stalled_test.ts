// What holds up everybody's mail is told: a callback that works without a pause, a filter's regular expression that tries on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { toBytes } from "../../lib/message/text.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { MESSAGE, served, until } from "./support.ts";

const TO = ["b@example.net"];

describe("what holds the process up", () => {
  it("is told of with the filter's name and event, and once in a while", async () => {
    const clock = new ManualClock();
    const filter = { name: "slow", header: () => clock.block(300), eom: () => clock.block(10) };
    await served([filter, { name: "other" }], async ({ open, of, reports }) => {
      const mta = await open();
      // Two header fields, and a message more: one of four is told.
      for (let i = 0; i < 2; i++) await mta.message(MESSAGE, { to: TO, macros: { mail: { i: "Q1" } } });
      await until(() => reports().length === 2);
      const told = { type: "stalled", filter: "slow", event: "header", queueId: "Q1", milliseconds: 300 };
      assert.deepEqual(of("stalled"), [{ ...told, missed: 0 }]);
      clock.advance(10_000);
      await mta.message(MESSAGE, { to: TO, macros: { mail: { i: "Q2" } } });
      assert.deepEqual(of("stalled").slice(1), [{ ...told, queueId: "Q2", missed: 3 }]);
    }, { clock });
  });

  it("is told of where it is behind a promise, without a name", async () => {
    const clock = new ManualClock();
    const filter = {
      name: "slow",
      eom: async () => {
        await clock.pass(1);
        clock.block(2500);
        clock.advance(0);
      },
    };
    await served([filter], async ({ open, of }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      // Of what is looked at each second.
      assert.deepEqual(of("stalled"), [{ type: "stalled", milliseconds: 1501, missed: 0 }]);
    }, { clock });
  });

  it("is not a filter that waits", async () => {
    const clock = new ManualClock();
    await served([{ name: "waits", eom: () => clock.pass(4000) }], async ({ open, of }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      assert.deepEqual(of("stalled"), []);
    }, { clock });
  });

  it("is a filter whose own expression tries without an end", { timeout: 60_000 }, async () => {
    const filter = {
      name: "native",
      eom: ({ headers }: EndOfMessage) => {
        for (const field of headers) /^(a+)+$/.test(field.value);
      },
    };
    await served([filter], async ({ open, of, first }) => {
      const mta = await open();
      // V8 doubles its time with each letter; JavaScriptCore gives up after a while, and takes it for no match.
      for (let letters = 24; of("stalled").length === 0 && letters < 34; letters++) {
        // Many, since how long JavaScriptCore tries at one depends on the machine.
        const field = `Subject: ${"a".repeat(letters)}!\r\n`;
        await mta.message(toBytes(`${field.repeat(8)}\r\nbody\r\n`), { to: TO });
      }
      const { filter, event } = first("stalled");
      assert.deepEqual([filter, event], ["native", "eom"]);
    });
  });
});
