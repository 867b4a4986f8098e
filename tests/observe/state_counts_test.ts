// What guards of stores tell, counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addStateCounts, emptyStateCounts, StateRecorder } from "../../cli/observe/state_counts.ts";
import { publishStateEvent } from "../../lib/store/events.ts";

test("calls are counted by method, and those that did without the state", () => {
  const recorder = new StateRecorder();
  try {
    publishStateEvent({ method: "take", result: "ok", milliseconds: 0.2 });
    publishStateEvent({ method: "take", result: "failed", milliseconds: 200 });
    publishStateEvent({ method: "seen", result: "away", milliseconds: 0 });
    const counts = recorder.take();
    assert.deepEqual(counts.calls, { take: 2, seen: 1 });
    assert.deepEqual([counts.failed, counts.away, counts.time.count], [1, 1, 2]);
    assert.deepEqual(recorder.take(), emptyStateCounts());
    const sum = emptyStateCounts();
    for (let i = 0; i < 2; i++) addStateCounts(sum, counts);
    assert.deepEqual([sum.calls.take, sum.failed, sum.away, sum.time.count], [4, 2, 2, 4]);
  } finally {
    recorder.close();
  }
  publishStateEvent({ method: "take", result: "ok", milliseconds: 0.2 });
  assert.deepEqual(recorder.take(), emptyStateCounts());
});
