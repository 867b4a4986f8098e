// What a filter holds is let go of once, by the last who uses it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import { FilterDisposedError } from "../../lib/kit/filter_errors.ts";
import { FilterLife, lifeOf, Lives } from "../../lib/kit/life.ts";
import type { FilterLogLine, KitParts } from "../../lib/kit/kit.ts";
import { type MadeFilter, make } from "../../lib/kit/make.ts";
import { serve } from "../../lib/server/server.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { at, present } from "../support/present.ts";
import { gate } from "../server/support.ts";

/** A filter that writes down what happens to it. */
async function witness(
  dispose: () => void | Promise<void> = () => {},
  parts: KitParts = {},
): Promise<{ filter: MadeFilter; happened: string[]; lines: FilterLogLine[] }> {
  const happened: string[] = [];
  const lines: FilterLogLine[] = [];
  const definition = defineFilter({
    name: "witness",
    create(_, { signal }) {
      signal.addEventListener("abort", () => happened.push(`aborted: ${signal.reason.message}`));
      return {
        mail() {},
        dispose() {
          happened.push("disposed");
          return dispose();
        },
      };
    },
  });
  const filter = await make(definition, {}, { onLog: (line) => lines.push(line), ...parts });
  return { filter, happened, lines };
}

const ENDED = ["aborted: filter witness was disposed", "disposed"];

describe("a made filter", () => {
  test("is disposed once, after its signal was aborted", async () => {
    const { filter, happened, lines } = await witness();
    assert.deepEqual(happened, []);
    await Promise.all([filter.dispose(), filter.dispose(), filter[Symbol.asyncDispose]()]);
    await filter.dispose();
    assert.deepEqual(happened, ENDED);
    assert.deepEqual(lines, []);
  });

  test("is waited for", async () => {
    const { opened, open } = gate();
    const { filter } = await witness(() => opened);
    let done = false;
    const disposing = filter.dispose().then(() => done = true);
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(done, false);
    open();
    await disposing;
  });

  for (
    const [how, dispose] of [["throws", () => {
      throw new Error("no connection");
    }], ["rejects", () => Promise.reject(new Error("no connection"))]] as const
  ) {
    test(`whose dispose ${how} says so in its log`, async () => {
      const { filter, lines } = await witness(dispose);
      await filter.dispose();
      assert.deepEqual(lines, [
        { filter: "witness", level: "error", text: "its dispose failed: no connection", fields: {} },
      ]);
    });
  }

  test("whose dispose hangs is given up after five seconds, which is logged", async () => {
    const clock = new ManualClock();
    const { filter, lines } = await witness(() => new Promise(() => {}), { clock });
    const disposing = filter.dispose();
    await clock.pass(4999);
    assert.deepEqual(lines, []);
    clock.advance(1);
    await disposing;
    assert.deepEqual(lines.map(({ text }) => text), ["its dispose has not finished after 5 s"]);
  });

  test("has the same life as its copies", async () => {
    const { filter, happened } = await witness();
    const copy = { ...filter, name: "copy" };
    assert.equal(lifeOf(copy), lifeOf(filter));
    await copy.dispose();
    await filter.dispose();
    assert.deepEqual(happened, ENDED);
    assert.equal(lifeOf({ name: "plain" }), undefined);
  });
});

describe("a life", () => {
  const counted = () => {
    let ends = 0;
    const life = new FilterLife("x", async () => await void ends++);
    return { life, ends: () => ends };
  };

  test("ends with its last use", async () => {
    const { life, ends } = counted();
    life.retain();
    life.retain();
    await life.release();
    assert.equal(ends(), 0);
    await life.release();
    assert.equal(ends(), 1);
    assert.throws(() => life.retain(), (error) => {
      assert.ok(error instanceof FilterDisposedError);
      assert.deepEqual([error.code, error.value], ["filter-disposed", "x"]);
      assert.match(error.message, /^Cannot serve filter x: it was disposed when .*; make another$/);
      return true;
    });
    await life.dispose();
    assert.equal(ends(), 1);
  });

  test("is released once by each server, whatever it calls", async () => {
    const { filter, happened } = await witness();
    const [first, second] = [new Lives([filter, { name: "plain" }]), new Lives([filter])];
    await first.release();
    await first.release();
    assert.deepEqual(happened, []);
    await second.release();
    assert.deepEqual(happened, ENDED);
  });

  test("that is over takes those of the other filters with it", async () => {
    const [before, over, after] = [await witness(), await witness(), await witness()];
    const used = await witness();
    const other = new Lives([used.filter]);
    await over.filter.dispose();
    const filters = [before, over, used, after].map(({ filter }) => filter);
    assert.throws(() => new Lives(filters), FilterDisposedError);
    await Promise.all([before.filter.dispose(), after.filter.dispose()]);
    assert.deepEqual([before.happened, after.happened, used.happened], [ENDED, ENDED, []]);
    await other.release();
    assert.deepEqual(used.happened, ENDED);
  });
});

describe("a server", () => {
  const listen = "inet:0@127.0.0.1";

  test("disposes its filters at its end, and not those that another one uses", async () => {
    const [own, shared] = [await witness(), await witness()];
    const first = await serve({ listen, filters: [own.filter, shared.filter] });
    const second = await serve({ listen, filters: [shared.filter] });
    await first.stop();
    assert.deepEqual([own.happened, shared.happened], [ENDED, []]);
    await second.abort();
    assert.deepEqual(shared.happened, ENDED);
    await assert.rejects(serve({ listen, filters: [own.filter] }), FilterDisposedError);
  });

  test("that cannot listen disposes its filters", async () => {
    const { filter, happened } = await witness();
    await assert.rejects(serve({ listen: "unix:/nonexistent/x", filters: [filter] }));
    assert.deepEqual(happened, ENDED);
  });

  test("makes filters, and tells what they log outside of messages", async () => {
    const lines: unknown[] = [];
    const definition = defineFilter({
      name: "talker",
      create(_, { log }) {
        log.info("begins", { words: 3 });
        return { dispose: () => log.info("ends") };
      },
    });
    const server = await serve({
      listen,
      filters: [definition],
      onEvent: (event) => event.type === "filter-log" && lines.push(event),
    });
    await server.stop();
    assert.deepEqual(lines, [
      { type: "filter-log", filter: "talker", level: "info", text: "begins", fields: { words: 3 } },
      { type: "filter-log", filter: "talker", level: "info", text: "ends", fields: {} },
    ]);
    assert.ok(present(at(server.addresses, 0), "an address"));
  });
});
