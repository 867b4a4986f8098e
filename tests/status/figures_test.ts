// Figures and counts in words.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countsText, total } from "../../cli/observe/status/counts_text.ts";
import {
  clockText,
  countText,
  durationText,
  shareText,
  startOf,
  timeText,
} from "../../cli/observe/status/figures.ts";
import { byKind } from "../../cli/observe/status/verdict_kinds.ts";

describe("figures", () => {
  it("have their thousands apart", () => {
    assert.deepEqual([0, 999, 1000, 1234567].map(countText), ["0", "999", "1,000", "1,234,567"]);
  });

  it("are parts of a whole in per cent, and something is never nothing", () => {
    const told = ([[0, 0], [0, 5], [1, 3], [1, 11], [5, 5], [1, 5000]] as const).map(([part, whole]) =>
      shareText(part, whole)
    );
    assert.deepEqual(told, ["0 %", "0 %", "33 %", "9.1 %", "100 %", "< 0.1 %"]);
  });

  it("are times with a unit that suits them", () => {
    const times = [null, 0.00025, 0.0031, 0.0099, 0.024, 0.9994, 0.9996, 2.34, 240];
    assert.deepEqual(times.map(timeText), [
      ...["–", "0.25 ms", "3.1 ms", "9.9 ms", "24 ms", "999 ms", "1.0 s", "2.3 s", "240 s"],
    ]);
  });

  it("are durations in their two largest units", () => {
    const durations = [0, 59, 60, 3599, 3600, 86_399, 86_400, 400 * 86_400];
    assert.deepEqual(durations.map(durationText), [
      ...["0 s", "59 s", "1 min", "59 min", "1 h 0 min", "23 h 59 min", "1 d 0 h", "400 d 0 h"],
    ]);
  });

  it("are times of the day", () => {
    assert.equal(clockText("2026-03-14T09:26:53.589Z"), "09:26:53");
  });
});

describe("startOf", () => {
  it("ends before a character that does not fit", () => {
    assert.equal(startOf("abc", 3), "abc");
    assert.equal(startOf("abcd", 3), "abc…");
    assert.equal(startOf("ab\u{1f600}", 3), "ab…");
  });
});

describe("countsText", () => {
  it("names what there is", () => {
    const counts = [["a", 1], ["b", 0], ["c", 2000], ["d", 3]] as const;
    assert.equal(countsText(counts), "1 a, 2,000 c, 3 d");
    assert.equal(countsText(counts, 1), "1 a, 2 more");
    assert.equal(countsText([]), "");
    assert.equal(total({ a: 1, c: 2 }) + total([3]) + total([]), 6);
  });
});

describe("byKind", () => {
  it("adds up what was given at several events", () => {
    const verdicts = {
      "header skip": 1,
      "eom accept": 2,
      "rcpt reject": 3,
      "eom tempfail": 4,
      "eom reject": 5,
    };
    assert.deepEqual(byKind({ ...verdicts, "eom discard": 0 }), [
      { kind: "reject", count: 8, events: "3 at rcpt, 5 at eom" },
      { kind: "tempfail", count: 4, events: "4 at eom" },
      { kind: "accept", count: 2, events: "2 at eom" },
      { kind: "skip", count: 1, events: "1 at header" },
    ]);
  });
});
