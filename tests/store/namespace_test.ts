// The part of a shared store that each filter has, and keys of any text.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import { fullKey, keyParts, storeFor } from "../../lib/store/namespace.ts";

const HOUR = 3_600_000;

describe("filters that share a store", () => {
  test("do not see each other's entries", async () => {
    const backend = new MemoryStore();
    const stores = [["a", "b"], ["a", "c"], ["b", "b"], ["a", "b-c"]] as const;
    for (const [filter, name] of stores) {
      await storeFor(backend, filter, name).set("key", `${filter} ${name}`, HOUR);
    }
    for (const [filter, name] of stores) {
      assert.equal(await storeFor(backend, filter, name).get("key"), `${filter} ${name}`);
    }
    await storeFor(backend, "a", "b").delete("key");
    assert.equal(await storeFor(backend, "a", "b").get("key"), undefined);
    assert.equal(backend.size, 3);
  });

  test("have every method", async () => {
    const store = storeFor(new MemoryStore(), "f", "n");
    assert.equal(await store.seen("a", HOUR), undefined);
    assert.ok(await store.seen("a", HOUR, "first") !== undefined);
    assert.equal((await store.take("b", { count: 2, per: HOUR }, 2)).left, 0);
    await assert.rejects(store.get(undefined as unknown as string), /Cannot use undefined as a key/);
  });
});

describe("a key", () => {
  const odd = [
    "",
    "\0",
    "a\0b",
    "=",
    "#",
    "é",
    "🙂",
    "\ud800",
    "\udc00",
    "\ufffd",
    "k".repeat(10_000),
    "k".repeat(10_001),
  ];

  test("may be any text, and each is another", async () => {
    for (const rules of [{}, { hashed: true }, { hashed: true, secret: new Uint8Array(32) }]) {
      const store = storeFor(new MemoryStore(), "f", "n", rules);
      for (const [i, key] of odd.entries()) await store.set(key, String(i), HOUR);
      for (const [i, key] of odd.entries()) {
        assert.equal(await store.get(key), String(i), JSON.stringify(key));
      }
    }
  });

  test("that is long, or has half a pair, is kept as a hash", () => {
    assert.equal(fullKey("f", "n", "k".repeat(256)), `f\0n\0=${"k".repeat(256)}`);
    assert.match(fullKey("f", "n", "k".repeat(257)), /^f\0n\0#[0-9a-f]{64}$/);
    assert.match(fullKey("f", "n", "\ud800"), /^f\0n\0#/);
  });

  test("is not readable, nor to be guessed without the secret, where all are hashed", () => {
    const secret = new TextEncoder().encode("secret");
    const plain = fullKey("f", "n", "joe@example.org", { hashed: true });
    const keyed = fullKey("f", "n", "joe@example.org", { hashed: true, secret });
    assert.match(plain, /^f\0n\0#[0-9a-f]{64}$/);
    assert.match(keyed, /^f\0n\0#[0-9a-f]{64}$/);
    assert.notEqual(plain, keyed);
    assert.equal(keyed, fullKey("f", "n", "joe@example.org", { hashed: true, secret }));
  });

  test("can be taken apart", () => {
    assert.deepEqual(keyParts(fullKey("f", "n", "a\0=b")), {
      filter: "f",
      name: "n",
      key: "a\0=b",
      hashed: false,
    });
    const hashed = keyParts(fullKey("f", "n", "a", { hashed: true }));
    assert.deepEqual([hashed?.hashed, hashed?.key.length], [true, 64]);
    assert.equal(keyParts("something else"), undefined);
  });
});
