// The store in a Valkey server that does not work: stopped, killed, full, or something else altogether.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { parseStateAddress } from "../../lib/store/state_address.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { ValkeyStore, type ValkeyStoreOptions } from "../../lib/store/valkey/valkey_store.ts";
import { skipFor } from "../support/instance.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { freePort } from "../support/ports.ts";
import { sleep } from "../support/process.ts";
import { type Redis, redisProblem, startRedis } from "../support/redis.ts";
import { type Peer, startAnswering, startPeer } from "./peers.ts";

const HOUR = 3_600_000;
/** What a call may take, in milliseconds, on a busy machine, where nothing is to be seen of a store that gives up. */
const PATIENCE = 30_000;
const RATE = { count: 100, per: HOUR };
const skip = skipFor(redisProblem());
const opened: { stop(): Promise<void> }[] = [];
after(async () => {
  for (const each of opened.reverse()) await each.stop();
});

function storeAt(text: string, options: ValkeyStoreOptions = { timeout: PATIENCE }): ValkeyStore {
  const address = parseStateAddress(text);
  assert.ok(address.kind === "valkey");
  const store = new ValkeyStore(address, options);
  opened.push({ stop: () => store.close() });
  return store;
}

async function redis(...settings: string[]): Promise<Redis> {
  const server = await startRedis({ settings });
  opened.push(server);
  return server;
}

async function peer(starting: Promise<Peer>): Promise<Peer> {
  const started = await starting;
  opened.push(started);
  return started;
}

/** Makes sure that a call fails as it should. */
async function unavailable(call: Promise<unknown>, reason: RegExp, lasting: boolean = false): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof StoreUnavailableError, String(error));
    assert.match(error.reason, reason);
    assert.equal(error.lasting, lasting);
    assert.equal(error.code, "store-unavailable");
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

/** Repeats a call until it works. */
async function works<T>(call: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + PATIENCE;; await sleep(20)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || Date.now() > end) throw error;
    }
  }
}

describe("a server that", { skip }, () => {
  test("is not there is tried again by a later call", async () => {
    const port = await freePort();
    const clock = new ManualClock();
    const store = storeAt(`redis://127.0.0.1:${port}`, { clock });
    await unavailable(store.get("a"), /^nobody listens there$/);
    const server = await startRedis({ settings: ["--port", String(port)] });
    opened.push(server);
    await unavailable(store.get("a"), /^nobody listens there$/);
    clock.advance(100);
    assert.equal(await store.get("a"), undefined);
    await unavailable(
      storeAt("redis+unix:///nowhere/socket").get("a"),
      /^there is no such file or directory$/,
    );
    await unavailable(
      storeAt("redis://no-such-host.invalid").get("a"),
      /^(no such host|the host name cannot be looked up)/,
    );
  });

  test("is killed fails what waits at once, and is used again when it is back", async () => {
    const server = await redis();
    const store = storeAt(`redis://127.0.0.1:${server.port}`);
    await store.take("a", RATE);
    server.signal("SIGSTOP");
    const waiting = Array.from(
      { length: 50 },
      () => unavailable(store.take("a", RATE), /^it closed the connection$/),
    );
    await sleep(20);
    await server.kill();
    await Promise.all(waiting);
    await sleep(110);
    await unavailable(store.take("a", RATE), /^nobody listens there$/);
    await server.restart();
    assert.equal((await works(() => store.take("a", RATE))).left, 99, "it has begun anew");
  });

  test("is stopped fails in time, and is used again when it goes on", async () => {
    const server = await redis();
    const store = storeAt(`redis://127.0.0.1:${server.port}`, { timeout: 2000 });
    await store.set("a", "1", HOUR);
    server.signal("SIGSTOP");
    const calls = [store.get("a"), store.take("b", RATE), store.get("a")];
    for (const call of calls) await unavailable(call, /^it did not answer within 2000 ms$/);
    await unavailable(store.get("a"), /^it did not answer within 2000 ms$/);
    server.signal("SIGCONT");
    assert.equal(await works(() => store.get("a")), "1");
    assert.equal((await store.take("b", RATE)).ok, true);
  });

  test("closes idle connections is not missed", async () => {
    const server = await redis();
    const store = storeAt(`redis+unix://${server.socket}`);
    await store.set("a", "1", HOUR);
    await server.cli("client", "kill", "type", "normal", "skipme", "yes");
    await sleep(50);
    assert.equal(await store.get("a"), "1");
  });

  test("has no memory left says so, and goes on when it has", async () => {
    const server = await redis("--maxmemory-policy", "noeviction");
    const store = storeAt(`redis+unix://${server.socket}`);
    await store.take("a", RATE);
    await server.cli("config", "set", "maxmemory", "1");
    const full = /^its memory is full \(maxmemory\)$/;
    await unavailable(store.take("a", RATE), full);
    await unavailable(store.seen("b", HOUR), full);
    await unavailable(store.set("c", "1", HOUR), full);
    assert.equal((await store.take("a", RATE, 0)).left, 99, "looking needs none");
    await server.cli("config", "set", "maxmemory", "0");
    assert.equal((await store.take("a", RATE)).left, 98);
  });

  test("is a replica is refused, and asked anew once it is not", async () => {
    const primary = await redis();
    const replica = await redis("--replicaof", "127.0.0.1", String(primary.port));
    const store = storeAt(`redis://127.0.0.1:${replica.port}`);
    await works(() => store.get("a"));
    await unavailable(store.take("a", RATE), /^it is a read-only replica; /, true);
    await unavailable(store.set("a", "1", HOUR), /^it is a read-only replica/, true);
    await unavailable(store.check(), /^it is a read-only replica/, true);
    await replica.cli("replicaof", "no", "one");
    assert.equal((await works(() => store.take("a", RATE))).left, 99);
  });

  test("belongs to a cluster is refused", async () => {
    const cluster =
      /^it is a node of a cluster, which is not supported; give the address of a single server$/;
    const node = await redis("--cluster-enabled", "yes");
    const store = storeAt(`redis+unix://${node.socket}`);
    await unavailable(store.check(), cluster, true);
    await unavailable(store.take("a", RATE), cluster, true);
    await node.cli("cluster", "addslotsrange", "0", "100");
    await unavailable(store.set("a", "1", HOUR), cluster, true);
    const elsewhere = await peer(
      startAnswering(([name]) => name === "PING" ? "+PONG\r\n" : "-MOVED 1 192.0.2.1:6379\r\n"),
    );
    await unavailable(storeAt(`redis://127.0.0.1:${elsewhere.port}`).seen("a", HOUR), cluster, true);
    const small = await peer(startAnswering(([name]) => {
      if (name === "INFO") return "$17\r\ncluster_enabled:1\r\n";
      return name === "EVALSHA" ? "*3\r\n:1\r\n:0\r\n:0\r\n" : "+PONG\r\n";
    }));
    const alone = storeAt(`redis://127.0.0.1:${small.port}`);
    assert.equal((await alone.take("a", RATE)).ok, true);
    await unavailable(alone.check(), cluster, true);
  });
});

describe("something else at the address: ", () => {
  const PEERS: readonly [what: string, said: string, reason: RegExp, lasting: boolean][] = [
    [
      "a web server",
      "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
      /^an HTTP server answers there, not Valkey or Redis$/,
      true,
    ],
    [
      "a mail server",
      "220 mx.example ESMTP\r\n",
      /^not Valkey or Redis answers there: "220 mx.example ESMTP/,
      true,
    ],
    ["a server with TLS", "\x15\x03\x01\0\x02\x02\x0a", /^it speaks TLS; write rediss:\/\/$/, true],
    ["rubbish", "\0\x01\xff", /^not Valkey or Redis answers there: "\\u0000/, true],
    ["a reply without end", "$99999999\r\n", /^not Valkey or Redis answers there: "\$99999999/, true],
    [
      "answers to nothing",
      "+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n",
      /^it sent a reply without a request$/,
      false,
    ],
    [
      "a server that is loading",
      "-LOADING Redis is loading the dataset in memory\r\n",
      /^it is still loading its data$/,
      false,
    ],
    [
      "one in protected mode",
      "-DENIED Redis is running in protected mode because\r\n",
      /^it is in protected mode/,
      true,
    ],
    [
      "one with too many clients",
      "-ERR max number of clients reached\r\n",
      /^it has as many clients as it allows/,
      false,
    ],
    ["one with an error of its own", `-ODD ${"x".repeat(500)}\r\n`, /^it answers "ODD x{146}…"$/, false],
  ];
  for (const [what, said, reason, lasting] of PEERS) {
    test(`${what} is told apart`, async () => {
      const { port } = await peer(startPeer((socket) => socket.write(said, "latin1")));
      await unavailable(
        storeAt(`redis://127.0.0.1:${port}`, { timeout: PATIENCE }).take("a", RATE),
        reason,
        lasting,
      );
    });
  }

  test("one that says nothing", async () => {
    const clock = new ManualClock();
    const silent = await peer(startPeer(() => {}));
    const store = storeAt(`redis://127.0.0.1:${silent.port}`, { clock });
    const calls = Array.from(
      { length: 20 },
      () => unavailable(store.get("a"), /^it did not answer within 1000 ms$/),
    );
    while (silent.connections() === 0) await sleep(5);
    clock.advance(1000);
    await Promise.all(calls);
    await unavailable(store.get("a"), /^it did not answer/);
    assert.equal(silent.connections(), 1, "all wait for one attempt to connect");
  });

  test("one that closes at once", async () => {
    const { port } = await peer(startPeer((socket) => socket.destroy()));
    await unavailable(
      storeAt(`redis://127.0.0.1:${port}`).get("a"),
      /^it closed the connection at once; if it speaks TLS/,
    );
  });

  test("one with other answers than asked for", async () => {
    const { port } = await peer(startAnswering(([name]) => name === "PING" ? "+PONG\r\n" : ":5\r\n"));
    const store = storeAt(`redis://127.0.0.1:${port}`);
    for (const call of [store.get("a"), store.take("a", RATE)]) {
      await unavailable(call, /^it sent an unexpected answer$/);
    }
  });

  test("a slow one is waited for as long as is allowed, from each call on", async () => {
    const clock = new ManualClock();
    const sockets: import("node:net").Socket[] = [];
    const slow = await peer(startAnswering(([name], socket) => {
      if (name === "PING") return "+PONG\r\n";
      sockets.push(socket);
      return undefined;
    }));
    const store = storeAt(`redis://127.0.0.1:${slow.port}`, { clock });
    const arrived = async (count: number) => {
      while (sockets.length < count) await sleep(5);
    };
    const first = store.get("a");
    await arrived(1);
    clock.advance(900);
    const second = store.get("b");
    await arrived(2);
    sockets[0]!.write("$2\r\ntx\r\n");
    assert.equal(await first, "x");
    clock.advance(950);
    sockets[1]!.write("$2\r\nty\r\n");
    assert.equal(await second, "y", "its time began with its call");
    const third = store.get("c");
    const failing = unavailable(third, /^it did not answer within 1000 ms$/);
    await arrived(3);
    clock.advance(1000);
    clock.advance(20);
    await failing;
  });

  test("one that stopped answering has a last chance where we were busy ourselves", async () => {
    const clock = new ManualClock();
    let answer = (): void => {};
    const { port } = await peer(startAnswering(([name], socket) => {
      if (name === "PING") return "+PONG\r\n";
      answer = () => void socket.write("$2\r\ntx\r\n");
      return undefined;
    }));
    const store = storeAt(`redis://127.0.0.1:${port}`, { clock });
    const before = answer;
    const call = store.get("a");
    while (answer === before) await sleep(5);
    clock.advance(5000 - 4001);
    clock.block(4001);
    clock.advance(0);
    answer();
    assert.equal(await call, "x");
  });
});

test("a store that is closed finishes what it was asked, and no more", async () => {
  const { port } = await peer(startAnswering(([name]) => name === "PING" ? "+PONG\r\n" : "$2\r\ntx\r\n"));
  const store = storeAt(`redis://127.0.0.1:${port}`);
  assert.equal(await store.get("a"), "x");
  const last = store.get("a");
  await store.close();
  assert.equal(await last, "x");
  await unavailable(store.get("a"), /^it was closed by us$/);
});
