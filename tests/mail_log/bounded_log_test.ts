// The last records in bounded memory, in the order of their time, with room for what is rare.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BoundedLog, type KeptRecord } from "../../cli/observe/mail_log/bounded_log.ts";

function records(name: string, from: number, count: number, rare = false, text = "x"): KeptRecord[] {
  return Array.from({ length: count }, (_, i) => ({ id: `${name}-${from + i}`, at: from + i, text, rare }));
}

const ids = (log: BoundedLog) => [...log.newestFirst()].map(({ id }) => id);
const ROOM = { records: 10, bytes: 1e6 };

describe("the last records", () => {
  test("are kept up to a number", () => {
    const log = new BoundedLog(ROOM);
    for (let i = 0; i < 5000; i++) log.add(records("a", i, 1));
    assert.deepEqual(ids(log), records("a", 4990, 10).map(({ id }) => id).reverse());
    assert.equal(log.oldest, 4990);
  });

  test("are in the order of their time, whichever process reports first", () => {
    const log = new BoundedLog(ROOM);
    log.add(records("a", 5, 3));
    log.add([...records("b", 1, 2), ...records("b", 6, 1)]);
    log.add(records("c", 2, 1, true));
    log.add(records("d", 9, 1, true));
    assert.deepEqual(ids(log), ["d-9", "a-7", "b-6", "a-6", "a-5", "c-2", "b-2", "b-1"].sort(byTime));
  });

  test("of each kind have half of the room", () => {
    const log = new BoundedLog(ROOM);
    log.add(records("rare", 0, 7, true));
    log.add(records("a", 100, 1000));
    assert.deepEqual(ids(log).filter((id) => id.startsWith("rare")), [
      "rare-6",
      "rare-5",
      "rare-4",
      "rare-3",
      "rare-2",
    ]);
    log.add(records("rare", 2000, 1000, true));
    assert.equal(ids(log).filter((id) => id.startsWith("a")).length, 5);
    assert.equal(log.length, 10);
  });

  test("take all of the room while there is nothing of the other kind", () => {
    const log = new BoundedLog(ROOM);
    log.add(records("a", 0, 20));
    assert.equal(log.length, 10);
  });

  test("are kept up to their size, of which two bytes are for a character where one is not enough", () => {
    const log = new BoundedLog({ records: 1e6, bytes: 100_000 });
    log.add(records("a", 0, 1000, false, "x".repeat(800)));
    assert.deepEqual([log.length, log.bytes], [100, 100_000]);
    log.add(records("b", 1000, 1000, false, "€".repeat(400)));
    assert.deepEqual([log.length, log.bytes], [100, 100_000]);
    log.add(records("c", 2000, 1, false, "x".repeat(200_000)));
    assert.deepEqual([log.length, log.bytes], [0, 0]);
  });

  test("shrink at once with their limits", () => {
    const log = new BoundedLog(ROOM);
    log.add(records("a", 0, 10));
    log.limits = { records: 2, bytes: 1e6 };
    assert.deepEqual(ids(log), ["a-9", "a-8"]);
    log.limits = { records: 0, bytes: 0 };
    assert.deepEqual([ids(log), log.oldest, log.bytes], [[], undefined, 0]);
  });
});

/** The newest first; of one time, as they stand. */
function byTime(a: string, b: string): number {
  return Number(b.split("-")[1]) - Number(a.split("-")[1]);
}
