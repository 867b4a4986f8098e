// Every line about a message has its queue id, or leads to the lines that cannot have it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { join, packet } from "../../protocol/support.ts";
import { openRaw } from "../../server/raw_socket.ts";
import { logged } from "./logged.ts";
import { type AnyFilter, gate, MESSAGE, probe, served, until } from "../../server/support.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const TO = ["a@example.net"];
const macrosOf = (id: string) => ({ rcpt: { i: id }, data: { i: id }, eom: { i: id } });

describe("a callback that took too long", () => {
  test("logs with the queue id of its own message, while the next one is under way", async () => {
    const clock = new ManualClock();
    const late = gate();
    let calls = 0;
    const filter: AnyFilter = {
      name: "late",
      timeout: 50,
      async data({ log }) {
        if (++calls > 1) return;
        await late.opened;
        log.info("at last");
        throw new Error("too late");
      },
      abort: ({ log }) => log.info("aborted"),
    };
    await served([filter], async ({ open, of }) => {
      const mta = await open();
      const first = mta.message(MESSAGE, { to: TO, macros: macrosOf("FIRST") });
      await until(() => calls === 1 && clock.waited(50));
      clock.advance(50);
      await first;
      await mta.mail("b@example.org");
      mta.macros("rcpt", { i: "SECOND" });
      await mta.rcpt("a@example.net");
      late.open();
      await until(() => of("filter-log").length === 2);
      assert.deepEqual(of("filter-log").map(({ text, queueId }) => [text, queueId]), [
        ["at last", "FIRST"],
        ["aborted", "FIRST"],
      ]);
      assert.deepEqual(of("filter-error").map(({ queueId }) => queueId), ["FIRST"]);
    }, { clock });
  });

  test("has its queue id where its abort fails late", async () => {
    const aborting = gate();
    const filter: AnyFilter = {
      name: "f",
      eom() {},
      async abort() {
        await aborting.opened;
        throw new Error("cannot abort");
      },
    };
    await served([filter], async ({ open, first, of }) => {
      const mta = await open();
      mta.macros("mail", { i: "FIRST" });
      await mta.mail("b@example.org");
      mta.abort();
      const next = mta.message(MESSAGE, { to: TO, macros: { mail: { i: "SECOND" }, ...macrosOf("SECOND") } });
      aborting.open();
      await next;
      await until(() => of("filter-error").length === 1);
      assert.equal(first("filter-error").queueId, "FIRST");
    });
  });
});

describe("lines from before the queue id", () => {
  const early = (level: "debug" | "info"): AnyFilter => ({
    name: "early",
    verdicts: [],
    mail: (_sender, { log }) => log[level]("here"),
    eom() {},
  });

  test("have the number of the connection, to which the message's line leads", async () => {
    await served([early("info")], async ({ open, events, first }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO, macros: macrosOf("Q1") });
      const { connection } = first("message");
      const lines = events.map((event) => logged(event)).filter((line) => line !== "");
      assert.ok(lines.includes(`connection ${connection}: filter early: here`), lines.join("\n"));
      assert.ok(
        lines.some((line) =>
          line.startsWith("Q1: ") && line.includes(`; earlier lines: connection ${connection};`)
        ),
      );
    });
  });

  test("are not mentioned if there are none, or only at level debug", async () => {
    for (const filters of [[probe("quiet", [])], [early("debug")]]) {
      await served(filters, async ({ open, first }) => {
        const mta = await open();
        await mta.message(MESSAGE, { to: TO, macros: macrosOf("Q1") });
        assert.doesNotMatch(logged(first("message")), /earlier lines/);
      });
    }
  });

  test("are those of the same SMTP client", async () => {
    await served([early("info")], async ({ open, of }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO, macros: macrosOf("Q1") });
      mta.next();
      await mta.message(MESSAGE, { to: TO, macros: { mail: { i: "Q2" }, ...macrosOf("Q2") } });
      assert.deepEqual(of("message").map(({ hasEarlierLines }) => hasEarlierLines), [true, undefined]);
    });
  });
});

describe("the end of a connection with an open message", () => {
  const filter: AnyFilter = { name: "f", eom() {} };
  const begun = async (open: Parameters<Parameters<typeof served>[1]>[0]["open"]) => {
    const mta = await open();
    mta.macros("mail", { i: "Q1" });
    await mta.mail("b@example.org");
    return mta;
  };

  test("is told with its queue id if the MTA is silent", async () => {
    const clock = new ManualClock();
    await served([filter], async ({ open, of, first }) => {
      await begun(open);
      for (let i = 0; of("idle").length === 0 && i < 100; i++) {
        clock.advance(10_000);
        await new Promise((resolve) => setTimeout(resolve));
      }
      assert.match(logged(first("idle")), /^Q1: connection \d+ from \S+ ended: silent for /);
    }, { clock, timeouts: { idle: 60_000 } });
  });

  test("is told with its queue id if the MTA breaks the protocol", async () => {
    await served([filter], async ({ address, first }) => {
      const offer = packet("O", Uint8Array.of(0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff));
      const raw = await openRaw(address);
      raw.socket.write(join(offer, packet("D", "Mi\0Q1\0"), packet("M", "<a>\0"), packet("Z")));
      await raw.closed;
      assert.match(logged(first("protocol-error")), /^Q1: connection \d+ from \S+ ended: Unknown packet/);
    });
  });

  test("is told with its queue id if the MTA goes away", async () => {
    await served([filter], async ({ open, of, first }) => {
      (await begun(open)).destroy();
      await until(() => of("disconnected").length === 1);
      assert.match(logged(first("disconnected")), /^Q1: connection \d+ lost/);
      assert.equal(first("message").report.outcome, "abort");
    });
  });

  test("is told without one if no message is open", async () => {
    await served([filter], async ({ open, of, first }) => {
      const mta = await begun(open);
      mta.abort();
      mta.quit();
      await until(() => of("disconnected").length === 1);
      assert.match(logged(first("disconnected")), /^connection \d+ closed$/);
    });
  });
});
