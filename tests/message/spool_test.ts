// What a spool keeps: its content, its bounds in memory, and that it can be closed at any time.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type Spool, SpoolPool } from "../../lib/message/spool.ts";
import { at } from "../support/present.ts";
import { Random, testSeed } from "../support/random.ts";
import {
  allClosed,
  chunksIn,
  contentOf,
  openFiles,
  patterned,
  rejects,
  testFolder,
} from "./spool_support.ts";

const LINUX = process.platform === "linux";
const { folder, ownFolder } = testFolder();

// ---- content

test("what was pushed comes out, in whatever pieces, in memory and from a file, twice", async () => {
  const random = new Random(testSeed("spool"));
  const memory = 100_000;
  const pool = new SpoolPool({ memory, folder });
  for (let round = 0; round < 60; round++) {
    const size = round < 4 ? memory + round - 1 : random.below(round % 2 === 0 ? 3 * memory : memory);
    const largest = random.pick([10, 1023, 1025, 40_000, 200_000]);
    const bytes = patterned(size, random.below(2 ** 31));
    const spool = pool.create();
    for (let at = 0; at < size;) {
      const end = Math.min(size, at + random.below(largest));
      const pushed = spool.push(bytes.slice(at, end));
      if (pushed) await pushed;
      at = end;
    }
    assert.equal(spool.size, size);
    assert.equal(pool.filesOpen, size > memory ? 1 : 0, `${size} bytes`);
    for (let reading = 0; reading < 2; reading++) {
      const chunks = await chunksIn(spool);
      assert.ok(chunks.every(({ length }) => length > 0 && length <= 65535));
      assert.ok(Buffer.concat(chunks).equals(bytes), `${size} bytes in chunks of ${largest} at most`);
    }
    spool.close();
    await allClosed(pool);
  }
  assert.equal(pool.memoryInUse, 0);
});

test("two readers do not disturb each other", async () => {
  const bytes = patterned(1_000_000);
  const spool = new SpoolPool({ memory: 0, folder }).create();
  await spool.push(bytes);
  for (const content of await Promise.all([contentOf(spool), contentOf(spool)])) {
    assert.ok(Buffer.from(content).equals(bytes));
  }
  spool.close();
});

test("an empty spool has no content, and empty chunks keep nothing", async () => {
  const pool = new SpoolPool({ memory: 0, folder });
  const spool = pool.create();
  assert.equal(spool.push(new Uint8Array(0)), undefined);
  assert.equal(spool.read().next(), undefined);
  assert.deepEqual([spool.size, pool.memoryInUse, pool.filesOpen], [0, 0, 0]);
  await spool.push(new Uint8Array(1));
  assert.equal(spool.push(new Uint8Array(0)), undefined);
  assert.equal((await contentOf(spool)).length, 1);
  spool.close();
});

test("what is in memory is there at once", () => {
  const spool = new SpoolPool({ folder }).create();
  const bytes = patterned(100_000);
  assert.equal(spool.push(bytes), undefined);
  const reader = spool.read();
  assert.deepEqual(reader.next(), bytes.subarray(0, 65535));
  assert.deepEqual(reader.next(), bytes.subarray(65535));
  assert.equal(reader.next(), undefined);
});

// ---- bounds

test("a message of the bound stays in memory, a byte more takes all of it to a file", async () => {
  const pool = new SpoolPool({ memory: 10_000, folder });
  const spool = pool.create();
  assert.equal(spool.push(patterned(9_999)), undefined);
  assert.equal(spool.push(patterned(1)), undefined);
  assert.deepEqual([pool.memoryInUse, pool.filesOpen], [10_000, 0]);
  await spool.push(patterned(1));
  assert.deepEqual([pool.memoryInUse, pool.filesOpen], [0, 1]);
  spool.close();
  await allClosed(pool);
});

test("of a message that has a file at most 64 KiB are in memory", async () => {
  const pool = new SpoolPool({ memory: 1000, folder });
  const spool = pool.create();
  for (const size of [2000, 10, 5000, 30_000, 65_535, 20_000, 20_000, 500, 200_000, 10]) {
    for (let i = 0; i < 5; i++) {
      await spool.push(patterned(size));
      assert.ok(pool.memoryInUse < 65_536, `${pool.memoryInUse} after ${size}`);
    }
  }
  spool.close();
  assert.equal(pool.memoryInUse, 0);
});

test("all messages together keep to a bound", async () => {
  const pool = new SpoolPool({ memory: 1000, total: 2500, folder });
  const [first, second, third] = [pool.create(), pool.create(), pool.create()] as const;
  for (const spool of [first, second, third]) await spool.push(patterned(800));
  assert.deepEqual([pool.memoryInUse, pool.filesOpen], [2400, 0]);
  await second.push(patterned(100));
  assert.deepEqual([pool.memoryInUse, pool.filesOpen], [2500, 0]);
  await second.push(patterned(1));
  assert.deepEqual([pool.memoryInUse, pool.filesOpen], [1600, 1], "only the one that was pushed to");
  await first.push(patterned(200));
  third.close();
  assert.deepEqual([pool.memoryInUse, pool.filesOpen], [1000, 1]);
  const fourth = pool.create();
  assert.equal(fourth.push(patterned(1000)), undefined, "there is room again");
  assert.equal((await contentOf(second)).length, 901);
  for (const spool of [first, second, third, fourth]) spool.close();
  assert.equal(pool.memoryInUse, 0);
  await allClosed(pool);
});

test("by default 256 KiB of a message and 64 MiB of all are in memory", async () => {
  const pool = new SpoolPool({ folder });
  const bytes = new Uint8Array(256 * 1024);
  for (let i = 0; i < 256; i++) assert.equal(pool.create().push(bytes), undefined);
  assert.equal(pool.memoryInUse, 64 * 1024 * 1024);
  const spool = pool.create();
  await spool.push(new Uint8Array(1));
  assert.equal(pool.filesOpen, 1, "of all");
  spool.close();
  const other = new SpoolPool({ folder });
  const large = other.create();
  await large.push(bytes);
  await large.push(new Uint8Array(1));
  assert.equal(other.filesOpen, 1, "of one");
  large.close();
});

test("a small part of a large buffer does not keep it alive, and small chunks share one", async () => {
  const pool = new SpoolPool({ folder });
  const view = pool.create();
  view.push(new Uint8Array(1_000_000).fill(1).subarray(5, 10_005));
  const whole = pool.create();
  const bytes = patterned(10_000);
  whole.push(bytes);
  const many = pool.create();
  for (let i = 0; i < 50_000; i++) many.push(Uint8Array.of(i));
  const buffers = async (spool: Spool) => [
    ...new Set((await chunksIn(spool)).map(({ buffer }) => buffer)),
  ];
  const bytesOf = (list: ArrayBufferLike[]) => list.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(bytesOf(await buffers(view)) <= 20_000);
  assert.equal((await buffers(whole))[0], bytes.buffer, "no copy where none is needed");
  const one = pool.create();
  one.push(patterned(10));
  assert.ok(bytesOf(await buffers(one)) <= 256);
  const shared = await buffers(many);
  assert.ok(shared.length < 20 && bytesOf(shared) <= 100_000, `${shared.length} of ${bytesOf(shared)} bytes`);
});

// ---- closing at any time

test("close in the middle of a push ends it, and leaves neither memory nor descriptor", async () => {
  const own = ownFolder("pushed");
  const pool = new SpoolPool({ memory: 1_000_000, folder: own });
  for (let round = 0; round < 30; round++) {
    const spool = pool.create();
    for (let i = 0; i < 20; i++) spool.push(patterned(50_000));
    const pushing = spool.push(patterned(50_000));
    const turns = round % 5;
    const outcome = (pushing as Promise<void>).then(() => "kept", (error) => error);
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    spool.close();
    spool.close();
    assert.equal(pool.memoryInUse, 0);
    // Some turns later it may have been kept already.
    if (turns === 0 || await outcome !== "kept") {
      await rejects(pushing, /^Cannot keep a message in .*: it was closed meanwhile$/, own);
    }
    await rejects(spool.push(patterned(1)), /its spool is closed$/, own);
    await rejects(spool.read().next(), /its spool is closed$/, own);
  }
  await allClosed(pool);
  assert.equal(pool.memoryInUse, 0);
  if (LINUX) assert.deepEqual(openFiles(own), []);
});

test("close in the middle of a read ends it, and leaves no descriptor", async () => {
  const own = ownFolder("read");
  const pool = new SpoolPool({ memory: 1000, folder: own });
  for (let round = 0; round < 30; round++) {
    const spool = pool.create();
    await spool.push(patterned(200_000));
    const reader = spool.read();
    assert.equal((await reader.next())!.length, 65_535);
    const ended = rejects(reader.next(), /^Cannot read back a message .*: it was closed meanwhile$/, own);
    spool.close();
    await ended;
    await rejects(reader.next(), /its spool is closed$/, own);
  }
  await allClosed(pool);
  if (LINUX) assert.deepEqual(openFiles(own), []);
});

test("what is written when a spool is closed goes into no other file", { skip: !LINUX }, async () => {
  const own = ownFolder("others");
  const pool = new SpoolPool({ memory: 0, folder: own });
  const others = new SpoolPool({ memory: 0, folder: own });
  const spool = pool.create();
  await spool.push(patterned(50_000));
  const used = at(openFiles(own), 0).descriptor;
  const pushing = spool.push(patterned(50_000_000));
  spool.close();
  const next = others.create();
  const other = next.push(patterned(40_000));
  assert.notEqual(openFiles(own).findIndex(({ descriptor }) => descriptor === used), -1);
  assert.equal(openFiles(own).length, 2, "its number is not free as long as the system works on it");
  await rejects(pushing, /closed meanwhile/, own);
  await other;
  assert.ok(Buffer.from(await contentOf(next)).equals(patterned(40_000)));
  next.close();
  await allClosed(pool);
  await allClosed(others);
});

test("many may read and be closed at the same time", async () => {
  const own = ownFolder("many");
  const pool = new SpoolPool({ memory: 0, folder: own });
  const spools = Array.from({ length: 40 }, () => pool.create());
  await Promise.all(spools.map((spool, i) => spool.push(patterned(300_000, i))));
  const reads = spools.map((spool, i) => ({
    spool,
    content: contentOf(spool),
    expected: patterned(300_000, i),
  }));
  const closedEarly = reads.filter((_, i) => i % 2 === 0);
  // Most of them are waiting for their turn.
  const ended = closedEarly.map(({ content }) => rejects(content, /closed meanwhile/, own));
  for (const { spool } of closedEarly) spool.close();
  await Promise.all(ended);
  for (const { spool, content, expected } of reads.filter((_, i) => i % 2 === 1)) {
    assert.ok(Buffer.from(await content).equals(expected));
    spool.close();
  }
  await allClosed(pool);
  if (LINUX) assert.deepEqual(openFiles(own), []);
});

test("close of what is in memory ends a read too", async () => {
  const pool = new SpoolPool({ folder });
  const spool = pool.create();
  spool.push(patterned(100_000));
  const reader = spool.read();
  reader.next();
  spool.close();
  assert.equal(pool.memoryInUse, 0);
  await rejects(reader.next(), /its spool is closed$/, folder);
});
