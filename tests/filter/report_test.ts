// What is told of a message and of a connection that was refused.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { accept, reject, tempfail } from "../../lib/filter/verdict.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type AnyFilter, MESSAGE, served } from "../server/support.ts";

const TO = ["a@example.net"];

describe("the time of each filter", () => {
  const slow = (name: string, eom: NonNullable<AnyFilter["eom"]>): AnyFilter => ({ name, verdicts: [], eom });

  it("is that of its callbacks, those that make others wait and those that work", async () => {
    const clock = new ManualClock();
    const filters = [
      slow("waits", () => clock.pass(60)),
      slow("works", () => clock.block(30)),
      slow("neither", () => {}),
    ];
    await served(filters, async ({ open, firstReport }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      const { filters, milliseconds } = firstReport();
      assert.deepEqual(filters, [
        { filter: "waits", milliseconds: 60 },
        { filter: "works", milliseconds: 30 },
        { filter: "neither", milliseconds: 0 },
      ]);
      assert.equal(milliseconds, 90);
    }, { clock });
  });

  it("counts content that is shown at the end", async () => {
    const changes: AnyFilter = { name: "changes", changes: ["replaceBody"], verdicts: [], eom() {} };
    const clock = new ManualClock();
    const waits: AnyFilter = { name: "waits", verdicts: [], body: () => clock.pass(40) };
    await served([changes, waits], async ({ open, firstReport }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      assert.deepEqual(firstReport().filters.map(({ milliseconds }) => milliseconds), [0, 40]);
    }, { clock });
  });

  it("has connect and helo with the first message, and begins anew with the next", async () => {
    const clock = new ManualClock();
    const wait = () => clock.pass(40);
    const filter: AnyFilter = { name: "asks", verdicts: [], connect: wait, helo: wait };
    await served([filter], async ({ open, reports }) => {
      const mta = await open();
      for (let i = 0; i < 2; i++) await mta.message(MESSAGE, { to: TO });
      assert.deepEqual(reports().map(({ filters }) => filters[0]?.milliseconds), [80, 0]);
    }, { clock });
  });

  it("counts one that took too long for as long as anybody waited for it", async () => {
    const clock = new ManualClock();
    const filter: AnyFilter = { name: "late", timeout: 50, mail: () => clock.pass(400) };
    await served([filter], async ({ open, firstReport }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      const { outcome, filters } = firstReport();
      assert.deepEqual([outcome, filters[0]?.milliseconds], ["tempfail", 50]);
    }, { clock });
  });

  it("names those that took part: not one that let the connection go, but one that let the message go", async () => {
    const filters: AnyFilter[] = [
      { name: "left", connect: accept },
      { name: "accepts", mail: accept },
      dryRun({ name: "dry", mail: () => reject() }),
      { name: "stays", eom() {} },
    ];
    await served(filters, async ({ open, reports }) => {
      const mta = await open();
      for (let i = 0; i < 2; i++) await mta.message(MESSAGE, { to: TO });
      for (const { filters } of reports()) {
        assert.deepEqual(filters.map(({ filter, dryRun }) => [filter, dryRun]), [
          ["accepts", undefined],
          ["dry", true],
          ["stays", undefined],
        ]);
      }
      assert.equal(reports().length, 2);
    });
  });
});

describe("a connection that is refused", () => {
  const refusing = (event: "connect" | "helo"): AnyFilter => ({
    name: "no",
    [event]: () => reject(554, "5.7.1", "Not you"),
  });

  for (const event of ["connect", "helo"] as const) {
    it(`is told of at ${event}, once`, async () => {
      await served([refusing(event), { name: "other", eom() {} }], async ({ open, of, address }) => {
        const mta = await open();
        await mta.helo("again.example");
        assert.deepEqual(of("refused").map(({ report }) => report), [{
          client: "192.0.2.1",
          helo: event === "connect" ? undefined : "client.example",
          outcome: "reject",
          reply: "554 5.7.1 Not you",
          filter: "no",
          event,
          listener: address,
        }]);
      });
    });
  }

  it("is told of where the filter failed", async () => {
    const filter: AnyFilter = {
      name: "broken",
      connect() {
        throw new Error("no");
      },
    };
    await served([filter], async ({ open, of }) => {
      await open();
      assert.deepEqual(of("refused").map(({ report: { outcome, event } }) => [outcome, event]), [
        ["tempfail", "connect"],
      ]);
    });
  });

  it("is told of, and goes on, where that is only logged", async () => {
    await served([dryRun({ name: "dry", connect: () => tempfail() })], async ({ open, of, reports }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      assert.deepEqual(of("refused").map(({ report: { outcome, dryRun } }) => [outcome, dryRun]), [
        ["tempfail", true],
      ]);
      assert.deepEqual(reports().map(({ outcome, filters }) => [outcome, filters]), [["accept", []]]);
    });
  });
});
