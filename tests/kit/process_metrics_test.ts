// What several filters of one process count together.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FilterMetrics, MAX_SERIES } from "../../lib/kit/metrics.ts";
import { InvalidSettingError } from "../../lib/options/settings.ts";

const owner = (filter = "f", definition = "d") => ({ filter, definition });
const refused = (work: () => void, reason: RegExp) =>
  assert.throws(work, (error) => error instanceof InvalidSettingError && reason.test(error.message));

describe("the metrics of a process", () => {
  it("come once at 0, and then when they have changed", () => {
    const metrics = new FilterMetrics();
    const count = metrics.counter(owner(), "a_total", "A", []);
    metrics.counter(owner(), "b_total", "B", ["why"]);
    metrics.histogram(owner(), "c_bytes", "C", [1, 2], []);
    assert.deepEqual(metrics.take().map(({ name, series }) => [name, series]), [
      ["a_total", [{ labels: [], sum: 0 }]],
      ["b_total", []],
      ["c_bytes", [{ labels: [], sum: 0, counts: [0, 0, 0] }]],
    ]);
    assert.deepEqual(metrics.take(), []);
    count.add(2);
    assert.deepEqual(metrics.take(), [
      { ...owner(), name: "a_total", help: "A", labels: [], series: [{ labels: [], sum: 2 }] },
    ]);
    assert.deepEqual(metrics.take(), []);
  });

  it("are one for filters with one name, such as at two listeners", () => {
    const metrics = new FilterMetrics();
    const [first, second] = [owner(), owner()];
    metrics.counter(first, "a_total", "A", ["x"]).add({ x: "1" });
    metrics.counter(second, "a_total", "A", ["x"]).add({ x: "1" });
    assert.equal(metrics.count("a_total"), 2);
    assert.equal(metrics.read().length, 1);
    refused(() => metrics.counter(second, "a_total", "A", ["x"]), /there is a a_total already/);
  });

  it("are refused with other labels or buckets under one name", () => {
    const metrics = new FilterMetrics();
    metrics.counter(owner("one"), "a_total", "A", ["x"]);
    metrics.histogram(owner("one"), "b_bytes", "B", [1, 2], []);
    refused(
      () => metrics.counter(owner("two"), "a_total", "A", ["y"]),
      /of filter two: filter one, which has the same definition d, has a a_total with other labels or buckets/,
    );
    refused(() => metrics.histogram(owner("two"), "b_bytes", "B", [1, 3], []), /other labels or buckets/);
    metrics.counter(owner("two"), "a_total", "A", ["x"]);
    metrics.counter(owner("three", "other"), "a_total", "A", ["y"]);
  });

  it("have no names that Prometheus gives a meaning", () => {
    const metrics = new FilterMetrics();
    for (const name of ["size_count", "size_sum", "size_bucket", "size_total", "total", "count"]) {
      refused(() => metrics.histogram(owner(), name, "X", [1], []), /a histogram needs a name such as/);
    }
    metrics.histogram(owner(), "discount", "X", [1], []);
  });

  it("are bounded in families, series and length of labels", () => {
    const metrics = new FilterMetrics();
    const one = owner();
    const counter = metrics.counter(one, "a_total", "A", ["x"]);
    for (let i = 0; i < MAX_SERIES + 5; i++) counter.add({ x: `${i}` });
    assert.equal(metrics.count("a_total", { x: "other" }), 5);
    for (let i = 1; i < 100; i++) metrics.counter(one, `n${i}_total`, "N", []);
    refused(() => metrics.counter(one, "more_total", "M", []), /100 counters and histograms already/);
    metrics.counter(owner("g"), "more_total", "M", []);
    const long = new FilterMetrics();
    long.counter(owner(), "a_total", "A", ["x"]).add({ x: `${"x".repeat(199)}\ud83d\ude00` });
    assert.equal(long.read()[0]?.series[0]?.labels[0], `${"x".repeat(199)}\ufffd`);
  });
});
