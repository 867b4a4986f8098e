import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limitAndActual } from "../../filters/size_limit/human_size.ts";

describe("a limit and what passed it", () => {
  const cases: [limit: number, actual: number, texts: [string, string]][] = [
    [25_000_000, 30_123_456, ["25 MB", "30.1 MB"]],
    [25 * 1024 ** 2, 30_000_000, ["25 MiB", "28.6 MiB"]],
    [64 * 1024, 70_000, ["64 KiB", "68.4 KiB"]],
    [1_500_000, 3_000_000_000, ["1.5 MB", "3000 MB"]],
    [2 * 1024 ** 3, 3 * 1024 ** 3, ["2 GiB", "3 GiB"]],
    [1000, 2000, ["1 kB", "2 kB"]],
    [25_000_000, 25_000_001, ["25000000 bytes", "25000001 bytes"]],
    [12_345, 12_346, ["12345 bytes", "12346 bytes"]],
    [1, 2, ["1 byte", "2 bytes"]],
  ];
  for (const [limit, actual, texts] of cases) {
    it(`${limit} and ${actual} read ${texts.join(" and ")}`, () => {
      assert.deepEqual(limitAndActual(limit, actual), texts);
    });
  }
});
