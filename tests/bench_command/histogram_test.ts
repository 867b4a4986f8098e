// Times in buckets: every figure close to what sorting them would give.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LatencyHistogram } from "../../cli/commands/bench/histogram.ts";
import { at } from "../support/present.ts";

function histogramOf(times: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const time of times) histogram.add(time);
  return histogram;
}

describe("LatencyHistogram", () => {
  it("is empty at first", () => {
    const histogram = new LatencyHistogram();
    assert.deepEqual([histogram.count, histogram.mean, histogram.max, histogram.percentile(99)], [
      0,
      0,
      0,
      0,
    ]);
    assert.deepEqual(histogram.rows(), []);
  });

  it("tells percentiles to within one per cent", () => {
    const times = Array.from({ length: 10_000 }, (_, i) => 0.002 * 1.0015 ** i);
    const histogram = histogramOf(times);
    for (const percent of [0.1, 1, 25, 50, 90, 99, 99.9]) {
      const exact = at(times, Math.ceil(times.length * percent / 100) - 1);
      const told = histogram.percentile(percent);
      assert.ok(Math.abs(told / exact - 1) < 0.01, `${percent}: ${told} for ${exact}`);
    }
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    assert.ok(Math.abs(histogram.mean / mean - 1) < 1e-9);
    assert.equal(histogram.max, times.at(-1));
    assert.equal(histogram.percentile(100), times.at(-1));
  });

  it("tells no percentile above the longest time", () => {
    for (let time = 1; time < 2; time += 0.003) {
      const told = histogramOf([time]).percentile(50);
      assert.ok(told <= time && told > time * 0.99, `${told} for ${time}`);
    }
  });

  it("keeps times of nothing and of hours", () => {
    const histogram = histogramOf([0, 3_600_000]);
    assert.equal(histogram.count, 2);
    assert.ok(histogram.percentile(50) < 0.0011);
    assert.ok(Math.abs(histogram.percentile(100) / 3_600_000 - 1) < 0.01);
  });

  it("draws rows of 1, 2, 5 with the empty ones between", () => {
    const histogram = histogramOf([0.3, 0.4, 1.5, 7, 7, 12]);
    assert.deepEqual(histogram.rows(), [
      { from: 0.2, count: 2 },
      { from: 0.5, count: 0 },
      { from: 1, count: 1 },
      { from: 2, count: 0 },
      { from: 5, count: 2 },
      { from: 10, count: 1 },
    ]);
  });

  it("loses no time between its rows", () => {
    const times = Array.from({ length: 5000 }, (_, i) => 0.001 * 1.004 ** i);
    const rows = histogramOf(times).rows();
    assert.equal(rows.reduce((sum, { count }) => sum + count, 0), times.length);
  });
});
