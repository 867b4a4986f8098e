/** Bounds of sizes and durations are told in the units that an option takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fail, parseDuration, parseInteger, parseSize } from "../../lib/options/quantities.ts";

const fail: Fail = (reason) => {
  throw new Error(reason);
};

for (
  const [bound, told] of [
    [1, "1ms"],
    [1500, "1500ms"],
    [8000, "8s"],
    [90_000, "90s"],
    [600_000, "10m"],
    [86_400_000, "1d"],
  ] as const
) {
  test(`a duration of at most ${bound} ms is told as ${told}, which is taken`, () => {
    assert.throws(() => parseDuration("48d", { max: bound }, fail), {
      message: `it must be at most ${told}`,
    });
    assert.throws(() => parseDuration("0s", { min: bound }, fail), {
      message: `it must be at least ${told}`,
    });
    assert.equal(parseDuration(told, { min: bound, max: bound }, fail), bound);
  });
}

for (
  const [bound, told] of [
    [1, "1B"],
    [1000, "1KB"],
    [1024, "1KiB"],
    [65_535, "65535B"],
    [65_536, "64KiB"],
    [25_000_000, "25MB"],
    [2 ** 31, "2GiB"],
  ] as const
) {
  test(`a size of at most ${bound} bytes is told as ${told}, which is taken`, () => {
    assert.throws(() => parseSize("5GB", { max: bound }, 1, fail), { message: `it must be at most ${told}` });
    assert.throws(() => parseSize("0", { min: bound }, 1, fail), { message: `it must be at least ${told}` });
    assert.equal(parseSize(told, { min: bound, max: bound }, 1, fail), bound);
  });
}

test("a bound of a number has no unit, nor has none at all", () => {
  assert.throws(() => parseInteger("5", { max: 4 }, fail), { message: "it must be at most 4" });
  assert.throws(() => parseDuration("1s", { max: 0 }, fail), { message: "it must be at most 0" });
});
