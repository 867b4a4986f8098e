// Who is near a limit: what processes note, what of it is kept, and that both stay small.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_KEPT, NearLimits } from "../../cli/observe/near_limits.ts";
import { LimitUses, MAX_USES } from "../../lib/kit/limit_uses.ts";

const RATE = { count: 10, per: 10_000 };

function use(key: string, left: number, refused = false) {
  return { key, limit: "10/10s", rate: RATE, left, refused };
}

test("those far from a limit are not noted, but those who have gone far from it are", () => {
  const uses = new LimitUses();
  uses.note("f", use("far", 6));
  uses.note("f", use("near", 5));
  assert.deepEqual(uses.take().map(({ key, used }) => [key, used]), [["near", 5]]);
  uses.note("f", use("far", 6));
  uses.note("f", use("near", 9));
  uses.note("f", use("near", 10));
  assert.deepEqual(uses.take().map(({ key, used }) => [key, used]), [["near", 1]]);
  uses.note("f", use("near", 9));
  assert.deepEqual(uses.take(), []);
});

test("refusals add up until they are taken", () => {
  const uses = new LimitUses();
  for (let i = 0; i < 3; i++) uses.note("f", use("joe", 0, true));
  assert.equal(uses.take()[0]?.refused, 3);
  uses.note("f", use("joe", 0, true));
  assert.equal(uses.take()[0]?.refused, 1);
});

test("a flood of keys does not grow, nor push out who uses most", () => {
  const uses = new LimitUses();
  uses.note("f", use("joe", 0, true));
  uses.note("f", use("ann", 1));
  for (let i = 0; i < 10_000; i++) uses.note("f", use(`random${i}`, 4));
  const taken = uses.take().map(({ key }) => key);
  assert.equal(taken.length, MAX_USES);
  assert.deepEqual(taken.slice(0, 2), ["joe", "ann"]);
});

test("keys are spelled as they may be seen, and cut", () => {
  const uses = new LimitUses();
  uses.spelling = (key) => key.replace("secret", "…");
  uses.note("f", use(`secret${"x".repeat(10_000)}\ud83d`, 0));
  const [noted] = uses.take();
  assert.match(noted!.key, /^…x{299}$/);
});

test("what several processes note is one, and falls as time passes", () => {
  let now = 0;
  const near = new NearLimits(() => now);
  const noted = (used: number, refused: number) => [
    { filter: "f", key: "joe", limit: "10/10s", used, most: 10, perSecond: 1, refused },
  ];
  near.add(noted(6, 0));
  near.add(noted(8, 0));
  assert.deepEqual(near.list.map(({ used, refused, age }) => [used, refused, age]), [[8, 0, 0]]);
  now = 2000;
  assert.deepEqual(near.list.map(({ used, age }) => [used, age]), [[6, 2000]]);
  now = 4000;
  assert.deepEqual(near.list, []);
  near.add(noted(10, 4));
  near.add(noted(10, 3));
  now += 29 * 60_000;
  assert.deepEqual(near.list.map(({ used, refused }) => [used, refused]), [[0, 7]]);
  now += 2 * 60_000;
  assert.deepEqual(near.list, []);
});

test("a flood of keys does not push out those who exceeded a limit", () => {
  const near = new NearLimits(() => 0);
  const noted = (key: string, used: number, refused: number) => [
    { filter: "f", key, limit: "10/10s", used, most: 10, perSecond: 1, refused },
  ];
  near.add(noted("joe", 10, 1));
  for (let i = 0; i < 1000; i++) near.add(noted(`random${i}`, 10, 0));
  assert.equal(near.list.length, MOST_KEPT);
  assert.equal(near.list[0]?.key, "joe");
});
