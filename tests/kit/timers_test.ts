// Work that a filter does again and again, by a clock that the test advances.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import { type MadeFilter, make } from "../../lib/kit/make.ts";
import type { FilterLogLine } from "../../lib/kit/kit.ts";
import { InvalidSettingError } from "../../lib/options/settings.ts";
import { gate } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";

async function withKit(
  use: (kit: FilterKit) => void,
): Promise<{ filter: MadeFilter; clock: ManualClock; lines: FilterLogLine[] }> {
  const clock = new ManualClock();
  const lines: FilterLogLine[] = [];
  const definition = defineFilter({
    name: "x",
    create(_, kit) {
      use(kit);
      return {};
    },
  });
  return { filter: await make(definition, {}, { clock, onLog: (line) => lines.push(line) }), clock, lines };
}

describe("work", () => {
  test("begins after one interval, and comes again and again", async () => {
    const at: string[] = [];
    const { clock } = await withKit((kit) => {
      kit.every("2s", () => void at.push(`a${kit.clock.now()}`));
      kit.every(3000, () => void at.push(`b${kit.clock.now()}`));
    });
    await clock.pass(5500);
    assert.deepEqual(at, ["a2000", "b3000", "a4000"]);
  });

  test("that is not done delays the next", async () => {
    const { opened, open } = gate();
    let runs = 0;
    const { clock } = await withKit((kit) => {
      kit.every("1s", () => {
        runs++;
        return runs === 1 ? opened : undefined;
      });
    });
    await clock.pass(5000);
    assert.equal(runs, 1);
    open();
    await clock.pass(1000);
    assert.equal(runs, 2);
  });

  test("that fails is logged, and comes again", async () => {
    const ways: (() => void | Promise<void>)[] = [
      () => {
        throw new Error("no file");
      },
      () => Promise.reject("no text"),
      () => {},
    ];
    let runs = 0;
    const { clock, lines } = await withKit((kit) => kit.every("1h", () => ways[runs++]?.()));
    await clock.pass(4 * 3_600_000);
    assert.equal(runs, 4);
    assert.deepEqual(lines.map(({ level, text }) => `${level}: ${text}`), [
      "error: its work of every 1h failed: no file",
      "error: its work of every 1h failed: no text",
    ]);
    assert.match(String(lines[0]?.fields.stack), /no file/);
  });

  test("that the end of the filter cuts short is no failure; what fails otherwise then is one", async () => {
    const { filter, clock, lines } = await withKit((kit) => {
      const failing = (error?: Error) => () =>
        new Promise<void>((_, reject) => {
          kit.signal.addEventListener("abort", () => reject(error ?? kit.signal.reason));
        });
      kit.every("1s", failing());
      kit.every("2s", failing(new Error("no file")));
    });
    await clock.pass(2000);
    await filter.dispose();
    assert.deepEqual(lines.map(({ text }) => text), ["its work of every 2s failed: no file"]);
  });

  test("stops with the filter", async () => {
    let runs = 0;
    const { filter, clock } = await withKit((kit) => kit.every("1s", () => void runs++));
    await clock.pass(1000);
    await filter.dispose();
    assert.equal(clock.waited(1000), false);
    await clock.pass(5000);
    assert.equal(runs, 1);
  });

  test("in progress is waited for before dispose is called, and does not come again", async () => {
    const clock = new ManualClock();
    const { opened, open } = gate();
    const happened: string[] = [];
    const definition = defineFilter({
      name: "x",
      create(_, kit) {
        kit.every("1s", async () => {
          happened.push("begins");
          await opened;
          happened.push(`ends, aborted: ${kit.signal.aborted}`);
        });
        return { dispose: () => void happened.push("disposed") };
      },
    });
    const filter = await make(definition, {}, { clock });
    clock.advance(1000);
    const disposing = filter.dispose();
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(happened, ["begins"]);
    open();
    await disposing;
    assert.deepEqual(happened, ["begins", "ends, aborted: true", "disposed"]);
    assert.equal(clock.waited(1000), false);
  });
});

test("an interval that is none is refused", async () => {
  const cases: [interval: string | number, says: RegExp][] = [
    ["1 fortnight", /every 1 fortnight: want a time, such as 8s/],
    ["5", /write 5s, or 5ms if you mean milliseconds/],
    ["0s", /at least 1/],
    ["600h", /at most 24d|at most 576h/],
    [0, /want 1 millisecond to 24 days/],
    [NaN, /want 1 millisecond to 24 days/],
    [Infinity, /want 1 millisecond to 24 days/],
  ];
  await withKit((kit) => {
    for (const [interval, says] of cases) {
      assert.throws(() => kit.every(interval, () => {}), (error) => {
        assert.ok(error instanceof InvalidSettingError);
        assert.match(error.message, says);
        assert.match(error.message, /filter x/);
        assert.deepEqual([error.code, error.value], ["invalid-setting", interval]);
        return true;
      });
    }
  });
});
