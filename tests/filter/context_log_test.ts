// What a filter says at an event: lines of the log, and remarks on the line of the message.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FilterTimeoutError } from "../../lib/chain/failure.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { type AnyFilter, MESSAGE, served, until } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";

const TO = ["a@example.net"];
const macros = { data: { i: "QUEUE1" }, eom: { i: "QUEUE1" } };

describe("a line that a filter logs", () => {
  test("is told at every event, with the connection and the queue id that is known", async () => {
    const filter: AnyFilter = {
      name: "talker",
      negotiate: (_offer, { log }) => log.debug("negotiate"),
      connect: ({ hostname }, { log }) => log.info("connect", { hostname, port: 1, known: true, none: null }),
      helo: (_name, { log }) => log.warning("helo"),
      mail: (_sender, context) => context.log.error("mail"),
      eom: (_message, { log }) => log.info("eom"),
      abort: ({ log }) => log.info("abort"),
      unknown: (_command, { log }) => log.info("unknown"),
      close: ({ log }) => log.info("close"),
    };
    await served([filter], async ({ open, of, server }) => {
      const mta = await open();
      await mta.unknown("FOO");
      await mta.message(MESSAGE, { to: TO, macros });
      await mta.mail("b@example.org");
      mta.abort();
      mta.quit();
      await until(() => server.connections === 0);
      const [connection] = of("connected").map(({ connection }) => connection);
      const lines = of("filter-log");
      assert.deepEqual(
        lines.map(({ level, text }) => `${level} ${text}`),
        [
          "debug negotiate",
          "info connect",
          "warning helo",
          "info unknown",
          "error mail",
          "info eom",
          "error mail",
          "info abort",
          "info close",
        ],
      );
      for (const line of lines) assert.deepEqual([line.filter, line.connection], ["talker", connection]);
      assert.deepEqual(lines.map(({ queueId }) => queueId).filter((id) => id !== undefined), ["QUEUE1"]);
      assert.deepEqual(lines.find(({ text }) => text === "connect")?.fields, {
        hostname: "client.example",
        port: 1,
        known: true,
        none: null,
      });
    });
  });
});

describe("a remark before a message", () => {
  const remarking = (name: string): AnyFilter => ({
    name,
    connect: (_client, { remark }) => remark(`${name} at connect`),
    helo: (helo, context) => context.remark(`${name} at helo ${helo}`),
    eom: (_message, { remark }) => remark(`${name} at eom`),
  });

  test("stands on the line of every message of the connection, and of no other", async () => {
    await served([remarking("1"), remarking("2")], async ({ open, reports }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      await mta.message(MESSAGE, { to: TO });
      const other = await open({ bare: true });
      await other.message(MESSAGE, { to: TO });
      const before = ["1 at connect", "2 at connect", "1 at helo client.example", "2 at helo client.example"];
      const own = ["1 at eom", "2 at eom"];
      assert.deepEqual(
        reports().map(({ notes }) => notes.map(({ remark }) => remark)),
        [[...before, ...own], [...before, ...own], own],
      );
    });
  });

  test("stands on the line of a refusal", async () => {
    const filter: AnyFilter = {
      name: "1",
      connect: (_client, { remark }) => remark("known to be bad"),
      helo: () => reject(550, "5.7.1", "No"),
    };
    await served([filter], async ({ open, first }) => {
      await open();
      const { event, notes } = first("refused").report;
      assert.deepEqual([event, notes], ["helo", [{ filter: "1", remark: "known to be bad" }]]);
    });
  });
});

describe("the signal before a message", () => {
  test("is aborted when the connection ends", async () => {
    let signal: AbortSignal | undefined;
    const filter: AnyFilter = { name: "1", connect: (_client, context) => void (signal = context.signal) };
    await served([filter], async ({ open, server }) => {
      const mta = await open();
      assert.equal(signal?.aborted, false);
      mta.destroy();
      await until(() => server.connections === 0);
      assert.equal(signal?.aborted, true);
      assert.equal(signal?.reason.name, "AbortError");
    });
  });

  test("is aborted when the time of the callback is up", async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | undefined;
    const filter: AnyFilter = {
      name: "1",
      timeout: 20,
      onError: "accept",
      helo: (_name, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    };
    await served([filter], async ({ open, first }) => {
      const opening = open();
      await until(() => signal !== undefined && clock.waited(20));
      assert.equal(signal?.aborted, false);
      clock.advance(20);
      await opening;
      assert.ok(first("filter-error").error instanceof FilterTimeoutError);
      assert.equal(signal?.aborted, true);
    }, { clock });
  });
});
