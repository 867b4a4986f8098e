import assert from "node:assert/strict";
import { test } from "node:test";
import { Semaphore } from "../../lib/message/semaphore.ts";

test("so many pieces of work go on at a time, in order, failures included", async () => {
  const turns = new Semaphore(2);
  // The second time only those turns are there that the first time gave back.
  for (let time = 0; time < 2; time++) {
    const begun: number[] = [];
    let going = 0;
    let most = 0;
    const work = async (i: number): Promise<number> => {
      begun.push(i);
      most = Math.max(most, ++going);
      await new Promise((resolve) => setTimeout(resolve, 5));
      going--;
      if (i % 3 === 0) throw new Error(`${i} failed`);
      return i;
    };
    const results = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6].map((i) => turns.take(() => work(i))));
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6]);
    assert.equal(most, 2);
    assert.deepEqual(
      results.map((result) => result.status === "fulfilled" ? result.value : result.reason.message),
      ["0 failed", 1, 2, "3 failed", 4, 5, "6 failed"],
    );
  }
});
