// Ranges of a spool: from anywhere to anywhere, also into the same memory each time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Spool, SpoolPool } from "../../lib/message/spool.ts";
import { spoolSource } from "../../lib/message/spool_source.ts";
import { Random, testSeed } from "../support/random.ts";
import { allClosed, patterned } from "./spool_support.ts";

const CONTENT = patterned(200_000);

/** A spool with the content, in pieces of many sizes. */
async function filled(pool: SpoolPool, random: Random, isBrief = false): Promise<Spool> {
  const spool = pool.create();
  for (let at = 0; at < CONTENT.length;) {
    const size = random.below(2) === 0 ? 1 + random.below(2000) : 1 + random.below(70_000);
    // What is brief is written over once it was pushed.
    const piece = CONTENT.slice(at, at + size);
    await spool.push(piece, isBrief);
    if (isBrief) piece.fill(0);
    at += size;
  }
  return spool;
}

for (const [where, memory] of [["in memory", 1_000_000], ["in a file", 1000]] as const) {
  test(`any range can be read ${where}, and pieces that are not brief stay as they are`, async () => {
    const random = new Random(testSeed("spool ranges"));
    const pool = new SpoolPool({ memory });
    for (const isBrief of [false, true]) {
      const spool = await filled(pool, random, isBrief);
      for (let i = 0; i < 100; i++) {
        const start = random.below(CONTENT.length);
        const end = start + random.below(CONTENT.length - start + 1);
        const kept: Uint8Array[] = [];
        const copied: Uint8Array[] = [];
        for await (const piece of spoolSource(spool).read(start, end)) kept.push(piece);
        for await (const piece of spoolSource(spool).read(start, end, true)) copied.push(piece.slice());
        for (const pieces of [kept, copied]) {
          assert.ok(pieces.every(({ length }) => length > 0 && length <= 65_535));
          assert.deepEqual(Buffer.concat(pieces), Buffer.from(CONTENT.subarray(start, end)));
        }
      }
      spool.close();
    }
    await allClosed(pool);
  });
}

test("brief pieces of a file come in the same memory", async () => {
  const pool = new SpoolPool({ memory: 1000 });
  const spool = await filled(pool, new Random(testSeed("brief")));
  const buffers = new Set<ArrayBufferLike>();
  for await (const piece of spoolSource(spool).read(0, 190_000, true)) buffers.add(piece.buffer);
  assert.ok(buffers.size <= 2, `${buffers.size}`);
  spool.close();
  await allClosed(pool);
});

test("a check before each piece can end the reading", async () => {
  const spool = await filled(new SpoolPool(), new Random(testSeed("check")));
  let left = 2;
  const source = spoolSource(spool, () => {
    if (left-- === 0) throw new Error("over");
  });
  let pieces = 0;
  await assert.rejects(async () => {
    for await (const _ of source.read(0, source.size)) pieces++;
  }, /^Error: over$/);
  assert.equal(pieces, 2);
  spool.close();
});
