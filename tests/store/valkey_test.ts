// The store in a Valkey or Redis server: what calls do, through a real one.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { takeFrom } from "../../lib/store/bucket.ts";
import type { StateEntry } from "../../lib/store/backend.ts";
import { parseStateAddress } from "../../lib/store/state_address.ts";
import { type Rate, StoreError } from "../../lib/store/store.ts";
import { ValkeyStore } from "../../lib/store/valkey/valkey_store.ts";
import { skipFor } from "../support/instance.ts";
import { runOrThrow, sleep } from "../support/process.ts";
import { programCommand } from "../support/runtime.ts";
import { Random } from "../support/random.ts";
import { startAnswering } from "./peers.ts";
import { type Redis, redisProblem, startRedis } from "../support/redis.ts";

const HOUR = 3_600_000;
/** What a call may take, in milliseconds, on a busy machine: it is no matter here that a store gives up. */
const PATIENCE = 30_000;
const skip = skipFor(redisProblem());
let started: Promise<{ redis: Redis; store: ValkeyStore; other: ValkeyStore }> | undefined;

/** A server and two stores in it, as of two processes; each test uses keys of its own. */
function stores(): Promise<{ redis: Redis; store: ValkeyStore; other: ValkeyStore }> {
  return started ??= (async () => {
    const redis = await startRedis();
    const open = () => new ValkeyStore(server(`redis+unix://${redis.socket}`), { timeout: PATIENCE });
    return { redis, store: open(), other: open() };
  })();
}

function server(text: string) {
  const address = parseStateAddress(text);
  assert.ok(address.kind === "valkey");
  return address;
}

after(async () => {
  if (!started) return;
  const { redis, store, other } = await started;
  await store.close();
  await other.close();
  await redis.stop();
});

/** What a key has left, in milliseconds. */
async function lifeOf(redis: Redis, key: string): Promise<number> {
  return Number(await redis.cli("pttl", `milterkit:${key}`));
}

describe("a store in a server", { skip }, () => {
  test("keeps texts of any key for their time, for all that share it", async () => {
    const { store, other, redis } = await stores();
    assert.equal(await store.get("text"), undefined);
    for (const key of ["", "a\0b", "é\r\n", "k".repeat(10_000)]) {
      await store.set(key, `of ${key}`, HOUR);
      assert.equal(await other.get(key), `of ${key}`);
    }
    await store.set("empty", "", HOUR);
    assert.equal(await store.get("empty"), "", "an empty text is one");
    await store.set("short", "x", 30);
    await sleep(60);
    assert.equal(await store.get("short"), undefined);
    await store.set("text", "1", HOUR);
    await store.set("text", "2", 0.5 + HOUR / 2);
    assert.equal(await other.get("text"), "2");
    assert.ok(await lifeOf(redis, "text") <= HOUR / 2 + 1);
    await other.delete("text");
    await other.delete("never set");
    assert.equal(await store.get("text"), undefined);
    await store.set("ever", "x", Number.MAX_VALUE);
    assert.equal(await store.get("ever"), "x");
  });

  test("keeps a text of a million characters, even halves of pairs, and no longer one", async () => {
    const { store } = await stores();
    const text = "€".repeat(1_000_000);
    for (const each of ["\udc00".repeat(1_000_000), text]) {
      await store.set("long", each, HOUR);
      assert.equal(await store.get("long"), each);
    }
    await assert.rejects(store.set("long", `${text}€`, HOUR), /Cannot keep a text of 1000001 characters/);
    assert.equal(await store.get("long"), text, "the store goes on");
  });

  test("knows since when a key was seen, and lets it go in time", async () => {
    const { store, other, redis } = await stores();
    assert.equal(await store.seen("joe", HOUR), undefined);
    await sleep(20);
    const since = await other.seen("joe", 2 * HOUR) ?? NaN;
    assert.ok(since >= 15 && since < PATIENCE && Number.isInteger(since), String(since));
    assert.ok(await lifeOf(redis, "joe") > HOUR, "it lives from the last sighting");
    assert.equal(await store.seen("ann", HOUR, "first"), undefined);
    assert.notEqual(await store.seen("ann", 2 * HOUR, "first"), undefined);
    assert.ok(await lifeOf(redis, "ann") <= HOUR, "or from the first");
    assert.equal(await store.seen("bob", 30), undefined);
    await sleep(60);
    assert.equal(await store.seen("bob", 30), undefined);
  });

  test("counts a rate exactly, however many take from it at once", async () => {
    const { store, other, redis } = await stores();
    const rate = { count: 7, per: HOUR };
    const taken = await Promise.all(
      Array.from({ length: 300 }, (_, i) => (i % 2 ? store : other).take("many", rate)),
    );
    assert.deepEqual(taken.filter(({ ok }) => ok).map(({ left }) => left), [6, 5, 4, 3, 2, 1, 0]);
    const { ok, left, wait } = taken.at(-1)!;
    assert.ok(!ok && left === 0 && wait > HOUR / 7 - PATIENCE && wait <= Math.ceil(HOUR / 7), String(wait));
    assert.ok(await lifeOf(redis, "many") > HOUR - 60_000);
    assert.deepEqual(await store.take("burst", { ...rate, burst: 20 }, 20), { ok: true, left: 0, wait: 0 });
    assert.deepEqual(await store.take("look", rate, 0), { ok: true, left: 7, wait: 0 });
    assert.equal(await redis.cli("exists", "milterkit:look"), "0", "only looking keeps nothing");
    await assert.rejects(store.take("many", rate, 8), /Cannot take 8 at once/);
  });

  test("counts a rate exactly from two processes, which take 10,000", async () => {
    const { redis, store } = await stores();
    const program = fileURLToPath(new URL("taking_program.ts", import.meta.url));
    const argv = programCommand(program, `redis://127.0.0.1:${redis.port}`, "5000", "100");
    const said = await Promise.all([runOrThrow(argv), runOrThrow(argv)]);
    assert.equal(said.map(Number).reduce((all, given) => all + given), 6000, said.join());
    assert.equal((await store.take("program", { count: 1, per: 24 * HOUR, burst: 6000 }, 0)).left, 0);
  });

  test("does the sums of every store, wherever the clock stands", async () => {
    const { store, redis } = await stores();
    const random = new Random(7);
    for (let i = 0; i < 60; i++) {
      const rate: Rate = {
        count: 1 + random.below(50),
        per: 10 ** (1 + random.below(8)),
        burst: 1 + random.below(100),
      };
      const filling = rate.burst! * rate.per / rate.count;
      // In the past, in the future by less than a filling, and by more: the clock went back.
      const ago = Math.round(filling * random.pick([0, 0.3, 0.9, 2, -0.4, -3]));
      const level = random.next() * rate.burst!;
      const amount = random.below(rate.burst! + 1);
      const before = Date.now();
      const bucket = { level, at: before - ago };
      await redis.cli("set", "milterkit:sums", `r${level} ${bucket.at}`);
      const { ok, left, wait } = await store.take("sums", rate, amount);
      const kept = await lifeOf(redis, "sums");
      // By the time that the server had, it gained no less than before, and no more than until now.
      const least = takeFrom(bucket, rate, amount, before);
      const most = takeFrom(bucket, rate, amount, Date.now());
      const what = JSON.stringify({ rate, ago, level, amount, ok, left, wait, kept, least, most });
      assert.ok(least.taken.ok === ok || most.taken.ok === ok, what);
      if (least.taken.ok !== most.taken.ok) continue;
      assert.ok(left >= least.taken.left && left <= most.taken.left, what);
      assert.ok(wait <= least.taken.wait && wait >= most.taken.wait, what);
      if (ok && amount > 0) assert.ok(kept <= least.life + 1 && kept !== -1, what);
    }
  });

  test("refuses the same calls as any other", async () => {
    const { store, redis } = await stores();
    await store.set("text", "1", HOUR);
    await store.take("rate", { count: 1, per: HOUR });
    await store.seen("sighting", HOUR);
    await redis.cli("set", "milterkit:foreign", "?");
    await redis.cli("rpush", "milterkit:list", "1");
    const calls: [call: () => Promise<unknown>, says: RegExp][] = [
      [
        () => store.take("text", { count: 1, per: 1 }),
        /^StoreError: Cannot take from "text": it holds a text$/,
      ],
      [
        () => store.seen("rate", 1),
        /^StoreError: Cannot note a sighting of "rate": it holds what is left of a rate$/,
      ],
      [() => store.get("sighting"), /^StoreError: Cannot get "sighting": it holds when it was seen$/],
      [
        () => store.get("foreign"),
        /^StoreError: Cannot use a key under which another program keeps something$/,
      ],
      [() => store.take("foreign", { count: 1, per: 1 }), /^StoreError: Cannot use a key/],
      [
        () => store.seen("list", 1),
        /^StoreError: Cannot use a key under which another program keeps something$/,
      ],
      [() => store.set("a", "1", 0), /^StoreError: A life must be a number, 1 or more, got 0$/],
      [() => store.seen(1 as unknown as string, 1), /^StoreError: Cannot use number as a key: want text$/],
    ];
    for (const [call, says] of calls) {
      const calling = call();
      await assert.rejects(
        calling,
        (error) => says.test(String(error)) || assert.fail(String(error)),
        says.source,
      );
    }
    await store.set("rate", "now a text", HOUR);
    assert.equal(await store.get("rate"), "now a text", "set replaces what is there");
    assert.throws(() => new ValkeyStore(server("redis://h"), { timeout: 0 }), StoreError);
  });

  test("goes through its entries, and measures them", async () => {
    const { redis, store } = await stores();
    const own = new ValkeyStore(server(`redis+unix://${redis.socket}?db=7`), { timeout: PATIENCE });
    await own.set("a*[text]\0", "é", HOUR);
    await own.set("half", "\ud800", HOUR);
    await own.seen("a*[seen]", HOUR);
    await own.take("rate", { count: 4, per: HOUR }, 3);
    for (let i = 0; i < 1500; i++) void own.set(`many ${i}`, String(i), HOUR);
    await redis.cli("-n", "7", "rpush", "milterkit:a*[foreign]", "1");
    await redis.cli("-n", "7", "set", "a*[other]", "text");
    const found = new Map<string, StateEntry>();
    for await (const entry of own.entries()) {
      assert.ok(!found.has(entry.key), "each comes once");
      assert.ok(entry.life > HOUR / 2 && entry.life <= HOUR);
      found.set(entry.key, { ...entry, life: 0 });
    }
    assert.equal(found.size, 1504);
    assert.deepEqual(found.get("half"), { key: "half", life: 0, kind: "text", text: "\ud800" });
    const { kind, age = NaN, level } = found.get("rate") as StateEntry & { kind: "rate" };
    assert.ok(kind === "rate" && level === 1 && age >= 0 && age < 60_000);
    const some: string[] = [];
    for await (const entry of own.entries("a*[")) some.push(`${entry.kind} ${entry.key}`);
    assert.deepEqual(some.sort(), ["sighting a*[seen]", "text a*[text]\0"]);
    const { entries, software, bytes = 0, ...rest } = await own.info();
    assert.deepEqual(rest, { kind: "valkey", address: `redis+unix://${redis.socket}?db=7` });
    assert.ok(
      entries >= 1506 && bytes > 100_000 && /^(Redis|Valkey) \d/.test(software),
      `${entries} ${bytes}`,
    );
    assert.equal(await store.get("half"), undefined, "another database has nothing of that");
    await own.close();
  });

  test("tells of an entry once that the server names twice", async () => {
    const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
    const peer = await startAnswering(([name = "", cursor]) => {
      const answers: Record<string, string> = {
        PING: "+PONG\r\n",
        SCAN: `*2\r\n${bulk(cursor === "0" ? "7" : "0")}*2\r\n${bulk("milterkit:a")}${
          bulk(`milterkit:${cursor}`)
        }`,
        TIME: `*2\r\n${bulk("1")}${bulk("2")}`,
        GET: bulk("ttext"),
        PTTL: ":5000\r\n",
      };
      return answers[name];
    });
    const own = new ValkeyStore(server(`redis://127.0.0.1:${peer.port}`), { timeout: PATIENCE });
    const keys: string[] = [];
    for await (const { key } of own.entries()) keys.push(key);
    assert.deepEqual(keys, ["a", "0", "7"]);
    await own.close();
    await peer.stop();
  });

  test("does not mind that its scripts are gone", async () => {
    const { store, redis } = await stores();
    const rate = { count: 3, per: HOUR };
    assert.equal((await store.take("scripts", rate)).left, 2);
    await redis.cli("script", "flush");
    assert.equal((await store.take("scripts", rate)).left, 1);
    assert.equal((await store.take("scripts", rate)).left, 0);
  });
});
