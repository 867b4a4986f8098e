// What filters count.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import { make } from "../../lib/kit/make.ts";
import { FilterMetrics, MAX_SERIES } from "../../lib/kit/metrics.ts";
import { InvalidSettingError } from "../../lib/options/settings.ts";
import { deliver } from "../../lib/testing.ts";

const OWNER = { filter: "label", definition: "x" };
const COUNTER = { ...OWNER, name: "waits_total", help: "Waits" };

describe("a counter", () => {
  test("counts, without labels and with some", () => {
    const metrics = new FilterMetrics();
    const waits = metrics.counter(OWNER, "waits_total", "Waits", []);
    waits.add();
    waits.add(2.5);
    const answers = metrics.counter(OWNER, "answers_total", "Answers", ["list", "kind"]);
    answers.add({ list: "a", kind: "hit" });
    answers.add({ kind: "hit", list: "a" }, 3);
    answers.add({ list: "b", kind: "hit" });
    assert.deepEqual(metrics.read(), [
      { ...COUNTER, labels: [], series: [{ labels: [], sum: 3.5 }] },
      {
        ...OWNER,
        name: "answers_total",
        help: "Answers",
        labels: ["list", "kind"],
        series: [{ labels: ["a", "hit"], sum: 4 }, { labels: ["b", "hit"], sum: 1 }],
      },
    ]);
    assert.equal(metrics.count("waits_total"), 3.5);
    assert.equal(metrics.count("answers_total"), 5);
    assert.equal(metrics.count("answers_total", { list: "a" }), 4);
    assert.equal(metrics.count("answers_total", { list: "c" }), 0);
    assert.equal(metrics.count("no_such_total"), 0);
  });

  test("only goes up", () => {
    const metrics = new FilterMetrics();
    const waits = metrics.counter(OWNER, "waits_total", "Waits", []);
    for (const by of [0, -1, NaN, Infinity, "1" as unknown as number]) {
      assert.throws(() => waits.add(by), InvalidSettingError, String(by));
    }
    assert.equal(metrics.count("waits_total"), 0);
  });

  test("needs a text for each label", () => {
    const answers = new FilterMetrics().counter(OWNER, "answers_total", "Answers", ["kind"]);
    for (const labels of [{}, undefined, { kind: 5 }, { kid: "a" }]) {
      assert.throws(
        () => answers.add(labels as unknown as { kind: string }),
        /answers_total needs a text for its label kind, got (undefined|number)/,
      );
    }
  });
});

describe("a histogram", () => {
  test("counts into buckets, each with its upper bound", () => {
    const metrics = new FilterMetrics();
    const sizes = metrics.histogram(OWNER, "size_bytes", "Sizes", [10, 100], ["kind"]);
    for (const value of [-1, 10, 11, 100, 101, 5000]) sizes.observe(value, { kind: "a" });
    sizes.observe(7, { kind: "b" });
    const [family] = metrics.read();
    assert.deepEqual(family?.buckets, [10, 100]);
    assert.deepEqual(family?.series, [
      { labels: ["a"], sum: 5221, counts: [2, 2, 2] },
      { labels: ["b"], sum: 7, counts: [1, 0, 0] },
    ]);
  });

  test("takes numbers only", () => {
    const sizes = new FilterMetrics().histogram(OWNER, "size_bytes", "Sizes", [10], []);
    for (const value of [NaN, Infinity]) assert.throws(() => sizes.observe(value), InvalidSettingError);
  });

  test("needs ascending bounds", () => {
    const metrics = new FilterMetrics();
    for (const buckets of [[], [2, 1], [1, 1], [1, NaN], [1, Infinity]]) {
      assert.throws(
        () => metrics.histogram(OWNER, "size_bytes", "Sizes", buckets, []),
        /the buckets of size_bytes must be ascending numbers, at least one/,
      );
    }
  });
});

describe("all of them", () => {
  test("are reset when they are taken, and left out until they change", () => {
    const metrics = new FilterMetrics();
    const waits = metrics.counter(OWNER, "waits_total", "Waits", []);
    const sizes = metrics.histogram(OWNER, "size_bytes", "Sizes", [10], []);
    waits.add(2);
    assert.deepEqual(metrics.take().map(({ name, series }) => [name, series[0]?.sum]), [
      ["waits_total", 2],
      ["size_bytes", 0],
    ]);
    assert.deepEqual(metrics.take(), []);
    waits.add();
    sizes.observe(5);
    assert.deepEqual(metrics.take().flatMap(({ series }) => series), [
      { labels: [], sum: 1 },
      { labels: [], sum: 5, counts: [1, 0] },
    ]);
  });

  test("as read do not change any more", () => {
    const metrics = new FilterMetrics();
    const sizes = metrics.histogram(OWNER, "size_bytes", "Sizes", [10], []);
    sizes.observe(5);
    const [before] = metrics.read();
    sizes.observe(50);
    assert.deepEqual(before?.series, [{ labels: [], sum: 5, counts: [1, 0] }]);
  });

  test("have a bound for their series, above which they count under other", () => {
    const metrics = new FilterMetrics();
    const senders = metrics.counter(OWNER, "senders_total", "Senders", ["from", "to"]);
    for (let i = 0; i < MAX_SERIES + 5; i++) senders.add({ from: `s${i}`, to: "t" });
    senders.add({ from: "s0", to: "t" });
    const series = metrics.read()[0]?.series ?? [];
    assert.equal(series.length, MAX_SERIES + 1);
    assert.deepEqual(series.at(-1), { labels: ["other", "other"], sum: 5 });
    assert.equal(metrics.count("senders_total", { from: "s0" }), 2);
  });

  const wrong: [what: string, make: (metrics: FilterMetrics) => unknown, setting: string, says: RegExp][] = [
    ...["waits", "Waits_total", "waits__total", "total", "1_total", "a-b_total", ""].map((name) =>
      [
        `a counter "${name}"`,
        (metrics: FilterMetrics) => metrics.counter(OWNER, name, "Waits", []),
        "name",
        /a counter needs a name such as waits_total/,
      ] as const satisfies [string, unknown, string, RegExp]
    ),
    ...["size_total", "Size", "", "a b"].map((name) =>
      [
        `a histogram "${name}"`,
        (metrics: FilterMetrics) => metrics.histogram(OWNER, name, "Sizes", [1], []),
        "name",
        /a histogram needs a name such as size_bytes/,
      ] as const satisfies [string, unknown, string, RegExp]
    ),
    [
      "no help",
      (metrics) => metrics.counter(OWNER, "waits_total", "", []),
      "help",
      /waits_total needs a help text/,
    ],
    ...["le", "filter", "Kind", "a-b", ""].map((label) =>
      [
        `a label "${label}"`,
        (metrics: FilterMetrics) => metrics.counter(OWNER, "waits_total", "Waits", [label]),
        "labels",
        /waits_total cannot have a label/,
      ] as const satisfies [string, unknown, string, RegExp]
    ),
    [
      "a label twice",
      (metrics) => metrics.counter(OWNER, "waits_total", "Waits", ["a", "a"]),
      "labels",
      /cannot have a label "a"/,
    ],
  ];
  for (const [what, create, setting, says] of wrong) {
    test(`refuse ${what}`, () => {
      const metrics = new FilterMetrics();
      assert.throws(() => create(metrics), (error) => {
        assert.ok(error instanceof InvalidSettingError);
        assert.match(error.message, says);
        assert.match(error.message, /filter label/);
        assert.equal(error.setting, setting);
        return true;
      });
      assert.deepEqual(metrics.read(), []);
    });
  }

  test("refuse a name that the filter has used, but not one that another has", () => {
    const metrics = new FilterMetrics();
    metrics.counter(OWNER, "waits_total", "Waits", []);
    assert.throws(() => metrics.counter(OWNER, "waits_total", "Waits", []), /there is a waits_total already/);
    metrics.counter({ ...OWNER, filter: "another" }, "waits_total", "Waits", []);
  });
});

test("a filter counts in its own metrics", async () => {
  const definition = defineFilter({
    name: "x",
    create(_, kit) {
      const messages = kit.counter("messages_total", "Messages", ["size"]);
      const sizes = kit.histogram("size_bytes", "Sizes", [1]);
      return {
        body(chunk) {
          sizes.observe(chunk.length);
          messages.add({ size: "any" });
        },
      };
    },
  });
  const [filter, another] = [await make(definition, {}, { name: "label" }), await make(definition)];
  await deliver(filter, { body: "12345\r\n" });
  assert.equal(filter.metrics.count("messages_total", { size: "any" }), 1);
  assert.equal(filter.metrics.count("size_bytes"), 7);
  assert.deepEqual(filter.metrics.read().map(({ filter, definition }) => [filter, definition]), [
    ["label", "x"],
    ["label", "x"],
  ]);
  assert.equal(another.metrics.count("messages_total"), 0);
});
