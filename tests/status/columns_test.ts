// How slices of ten seconds become the columns of a chart.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { columnsOf } from "../../cli/observe/status/columns.ts";
import { History } from "../../cli/observe/status/history.ts";
import { statusReport } from "../../cli/observe/status/status_report.ts";
import { HandClock, SAMPLE_TIME, service } from "./sample.ts";

/** Columns of a report on the last five minutes, made so long after the history began: 30 slices, and the current one. */
function columns(most: number, age = 1800) {
  const clock = new HandClock();
  const history = new History(clock.now);
  clock.seconds += age;
  return columnsOf(statusReport(history, service(), 5, SAMPLE_TIME), most);
}

/** The numbers from 0 to 30. */
const SLICES = Array.from({ length: 31 }, (_, i) => i);

describe("columnsOf", () => {
  it("makes a column of each slice where there is room, without the one that is not over", () => {
    const { count, seconds, sums } = columns(180);
    assert.deepEqual([count, seconds], [30, 10]);
    assert.deepEqual(sums(SLICES), SLICES.slice(0, 30));
  });

  it("joins slices where there is not, and begins with what is left over", () => {
    const { count, seconds, sums } = columns(8);
    assert.deepEqual([count, seconds], [8, 40]);
    assert.deepEqual(sums(SLICES), [0 + 1, 2 + 3 + 4 + 5, 30, 46, 62, 78, 94, 26 + 27 + 28 + 29]);
  });

  it("takes the greatest and the middle of what there is", () => {
    const values = [null, null, null, null, null, null, ...[5, null, 3, 9], ...SLICES.slice(10)];
    const { greatest, middle } = columns(8);
    assert.deepEqual(greatest(values).slice(0, 4), [null, null, 9, 13]);
    assert.deepEqual(middle(values).slice(0, 4), [null, null, 5, 12]);
  });

  it("knows how many are from before the first count", () => {
    assert.equal(columns(30, 0).missing, 30);
    assert.equal(columns(30, 100).missing, 20);
    assert.equal(columns(8, 100).missing, 5);
    assert.equal(columns(30, 299).missing, 1);
    assert.equal(columns(30, 300).missing, 0);
  });

  it("says when a column was", () => {
    const { when, count } = columns(30);
    assert.equal(when(count - 1), "09:26:40 to 09:26:50 UTC");
    assert.equal(when(0), "09:21:50 to 09:22:00 UTC");
  });
});
