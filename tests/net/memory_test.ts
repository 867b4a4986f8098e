// A connection without a socket behaves as one with it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectInMemory } from "../../lib/net/memory.ts";
import type { Connection } from "../../lib/net/transport.ts";

/** Two ends, and what each was told. */
function pair(): { near: Connection; far: Connection; told: string[] } {
  const told: string[] = [];
  let far!: Connection;
  const handler = (who: string) => ({
    data: (bytes: Uint8Array) => void told.push(`${who}: ${bytes.join(" ")}`),
    drain() {},
    closed: () => void told.push(`${who}: closed`),
  });
  const near = connectInMemory((connection) => {
    far = connection;
    return handler("far");
  }, () => handler("near"));
  return { near, far, told };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 1));

describe("a connection in memory", () => {
  it("brings bytes to the other end, in order, after the code at hand", async () => {
    const { near, far, told } = pair();
    near.write(Uint8Array.of(1));
    near.write(Uint8Array.of(2));
    far.write(Uint8Array.of(3));
    assert.deepEqual(told, []);
    await settled();
    assert.deepEqual(told, ["far: 1", "far: 2", "near: 3"]);
  });

  it("holds bytes back while paused", async () => {
    const { near, far, told } = pair();
    far.pause();
    near.write(Uint8Array.of(1));
    await settled();
    assert.deepEqual(told, []);
    far.resume();
    await settled();
    assert.deepEqual(told, ["far: 1"]);
  });

  it("is closed for both once what was written has come", async () => {
    const { near, far, told } = pair();
    near.write(Uint8Array.of(1));
    near.end();
    near.write(Uint8Array.of(2));
    await settled();
    assert.deepEqual(told.sort(), ["far: 1", "far: closed", "near: closed"]);
    far.end();
    far.destroy();
    await settled();
    assert.equal(told.length, 3);
  });

  it("is closed at once where it is destroyed", async () => {
    const { near, far, told } = pair();
    far.write(Uint8Array.of(1));
    near.destroy();
    await settled();
    assert.deepEqual(told.sort(), ["far: closed", "near: closed"]);
  });
});
