// The arithmetic of a rate, above all with clocks that jump.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Bucket, takeFrom } from "../../lib/store/bucket.ts";

const MINUTE = 60_000;
const RATE = { count: 6, per: 6 * MINUTE, burst: 10 };
const FILLING = 10 * MINUTE;

/** A bucket that is taken from at given times. */
class Taking {
  bucket: Bucket | undefined;

  take(now: number, amount = 1): boolean {
    const { taken, next } = takeFrom(this.bucket, RATE, amount, now);
    this.bucket = next ?? this.bucket;
    return taken.ok;
  }

  /** Takes until there is nothing left; returns how many times. */
  drain(now: number): number {
    let count = 0;
    while (this.take(now)) count++;
    return count;
  }
}

test("what was not taken leaves the bucket as it was", () => {
  const bucket = { level: 0.5, at: 1000 };
  const step = takeFrom(bucket, RATE, 1, 2000);
  assert.equal(step.next, undefined);
  assert.deepEqual(step.taken, { ok: false, left: 0, wait: Math.ceil(29_000) });
});

test("an entry may go when its bucket is full", () => {
  assert.deepEqual(takeFrom(undefined, RATE, 3, 0).life, 3 * MINUTE);
  assert.deepEqual(takeFrom(undefined, RATE, 0, 0).life, 1);
});

test("what was promised to be there after a wait is there, whatever the rate", () => {
  for (const count of [1, 3, 7, 11, 997]) {
    for (const per of [1000, 3600_000, 86_400_000 / 7]) {
      const rate = { count, per };
      const taking = takeFrom({ level: 0, at: 0.3 }, rate, 1, 0.3).taken;
      assert.ok(!taking.ok);
      assert.ok(takeFrom({ level: 0, at: 0.3 }, rate, 1, 0.3 + taking.wait).taken.ok, `${count} in ${per}`);
    }
  }
});

describe("a clock that jumps", () => {
  test("back never lowers a level", () => {
    const taking = new Taking();
    taking.take(1_000_000, 4);
    assert.equal(takeFrom(taking.bucket, RATE, 0, 1_000_000 - MINUTE).taken.left, 6);
    assert.equal(takeFrom(taking.bucket, RATE, 0, 0).taken.left, 6);
  });

  test("back and forth gives no burst twice", () => {
    const taking = new Taking();
    const start = 1_000_000_000;
    assert.equal(taking.drain(start), 10);
    assert.equal(taking.drain(start - 5 * MINUTE), 0);
    assert.equal(taking.drain(start), 0);
    assert.equal(taking.drain(start + 2 * MINUTE), 2);
    assert.equal(taking.drain(start - 8 * MINUTE), 0);
    assert.equal(taking.drain(start + 2 * MINUTE), 0, "what was gained once is not gained again");
  });

  test("back while it is taken from does not fill it when it comes forth", () => {
    const taking = new Taking();
    const start = 1_000_000_000;
    assert.ok(taking.take(start, 5));
    assert.ok(taking.take(start - 5 * MINUTE, 1));
    assert.equal(takeFrom(taking.bucket, RATE, 0, start).taken.left, 4);
    assert.equal(takeFrom(taking.bucket, RATE, 0, start + MINUTE).taken.left, 5);
  });

  test("far back stops a bucket for no longer than it takes to fill", () => {
    const taking = new Taking();
    const start = 1_000_000_000_000;
    assert.equal(taking.drain(start), 10);
    const wrong = start - 365 * 24 * 60 * MINUTE;
    const { taken, life } = takeFrom(taking.bucket, RATE, 1, wrong);
    assert.deepEqual(taken, { ok: false, left: 0, wait: FILLING + MINUTE });
    assert.ok(life <= 2 * FILLING);
  });
});
