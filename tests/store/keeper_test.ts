// A keeper and its clients: what every store does, over a socket, with peers that go away or are something else.
import assert from "node:assert/strict";
import { renameSync, statSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { StateEntry } from "../../lib/store/backend.ts";
import { KeeperClient } from "../../lib/store/keeper/client.ts";
import { isInUse, Keeper } from "../../lib/store/keeper/keeper.ts";
import { KeeperFormatError, LineReader, requestOf } from "../../lib/store/keeper/messages.ts";
import { MemoryBackend } from "../../lib/store/memory_backend.ts";
import { SqliteStore } from "../../lib/store/sqlite/sqlite_store.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { testStore } from "./store_contract.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const HOUR = 3_600_000;
const RATE = { count: 1, per: HOUR, burst: 1000 };

testStore(async () => {
  const folder = temporaryFolder();
  const clock = new ManualClock();
  const inner = SqliteStore.open(join(folder.path, "state.db"), { clock });
  const path = join(folder.path, "socket");
  const keeper = await Keeper.listen(inner, path);
  const store = new KeeperClient(path, "place");
  return {
    store,
    clock,
    async [Symbol.asyncDispose]() {
      await store.close();
      await keeper.close();
      await inner.close();
      folder[Symbol.dispose]();
    },
  };
});

async function kept(
  work: (path: string, keeper: Keeper, backend: MemoryBackend) => Promise<void>,
): Promise<void> {
  using folder = temporaryFolder();
  const backend = new MemoryBackend();
  const path = join(folder.path, "socket");
  const keeper = await Keeper.listen(backend, path);
  try {
    await work(path, keeper, backend);
  } finally {
    await keeper.close();
  }
}

describe("a keeper", () => {
  test("counts what several clients take, all at once", () =>
    kept(async (path) => {
      const clients = Array.from({ length: 4 }, () => new KeeperClient(path, "place"));
      const taken = await Promise.all(
        clients.flatMap((client) => Array.from({ length: 500 }, () => client.take("a\0b\0=c", RATE))),
      );
      assert.equal(taken.filter(({ ok }) => ok).length, 1000);
      for (const client of clients) await client.close();
    }));

  test("is for processes of its user alone", () =>
    kept((path) => {
      assert.equal(statSync(path).mode & 0o777, 0o600);
      return Promise.resolve();
    }));

  test("is the only one at its socket", () =>
    kept(async (path, _keeper, backend) => {
      await assert.rejects(Keeper.listen(backend, path), isInUse);
    }));

  test("goes through its entries for a client, whatever comes meanwhile", () =>
    kept(async (path, _keeper, backend) => {
      const client = new KeeperClient(path, "place");
      for (let i = 0; i < 1000; i++) await backend.set(`a\0b\0=${i}`, "x".repeat(i), HOUR);
      await backend.seen("b\0b\0=1", HOUR);
      const entries: StateEntry[] = [];
      for await (const entry of client.entries("a\0")) {
        entries.push(entry);
        if (entries.length % 100 === 0) await client.set("c\0c\0=", "", HOUR);
      }
      assert.equal(new Set(entries.map(({ key }) => key)).size, 1000);
      const { kind, entries: count } = await client.info();
      assert.deepEqual([kind, count], ["memory", 1002]);
      await client.close();
    }));

  test("ends a connection on which something else comes", () =>
    kept(async (path, keeper) => {
      for (
        const rubbish of [
          "GET / HTTP/1.1\r\n\r\n",
          "[]\n",
          "[1]\n",
          '[1,"take","a"]\n',
          '[1,"drop","a"]\n',
          "{}\n",
        ]
      ) {
        await new Promise<void>((resolve) => {
          const socket: Socket = connect({ path }, () => socket.write(rubbish));
          socket.on("error", () => {}).on("close", () => resolve()).resume();
        });
      }
      const client = new KeeperClient(path, "place");
      await client.set("a\0b\0=c", "1", HOUR);
      await client.close();
      await keeper.idle();
    }));
});

describe("a client", () => {
  test("finds a keeper that runs, and says if there is none", () =>
    kept(async (path) => {
      const client = await KeeperClient.find(path, "place");
      assert.ok(client);
      await client.close();
      assert.equal(await KeeperClient.find(`${path}.other`, "place"), undefined);
    }));

  test("finds none at the socket of one that was killed, and fails where there is something else", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "socket");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(`${path}.old`, resolve));
    // Renamed, so that closing it does not take it away.
    renameSync(`${path}.old`, path);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await KeeperClient.find(path, "place"), undefined);
    const other = join(folder.path, "nobody listens there");
    const rude = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => rude.listen(other, resolve));
    await assert.rejects(KeeperClient.find(other, "place"), StoreUnavailableError);
    await new Promise((resolve) => rude.close(resolve));
  });

  test("fails the calls in flight when its keeper goes, and connects to the next one", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "socket");
    const backend = new MemoryBackend();
    const called = Promise.withResolvers<void>();
    const silent = Object.assign(Object.create(backend), {
      carryOut() {
        called.resolve();
        return new Promise(() => {});
      },
    }) as MemoryBackend;
    const first = await Keeper.listen(silent, path);
    const client = new KeeperClient(path, "place");
    const waiting = client.get("a\0b\0=c");
    const closing = assert.rejects(waiting, (error) => {
      assert.ok(error instanceof StoreUnavailableError);
      assert.deepEqual([error.value, error.reason], ["place", "its keeper has gone"]);
      return true;
    });
    await called.promise;
    first.destroy();
    await closing;
    await assert.rejects(client.get("a\0b\0=c"), /its keeper cannot be reached: /);
    const second = await Keeper.listen(backend, path);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(await client.get("a\0b\0=c"), undefined);
    await client.close();
    await second.close();
  });

  test("gives up on a keeper that does not answer, and on what is none", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "socket");
    let answer: string | undefined;
    const server = createServer((socket) => {
      socket.on("error", () => {}).on("data", () => answer === undefined || socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const client = new KeeperClient(path, "place", { timeout: 1000 });
      await assert.rejects(client.get("a"), /no answer within 1000 ms/);
      answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
      await new Promise((resolve) => setTimeout(resolve, 60));
      await assert.rejects(client.get("a"), /something else answers there: Not a line of a keeper: "HTTP/);
      answer = '[1,2,"another version of Milterkit runs there; restart the service"]\n';
      await new Promise((resolve) => setTimeout(resolve, 60));
      await assert.rejects(client.get("a"), /another version of Milterkit runs there/);
      await client.close();
    } finally {
      server.close();
    }
  });

  test("refuses mistakes without asking", async () => {
    const client = new KeeperClient("/nonexistent/socket", "place");
    await assert.rejects(client.take("a", RATE, -1), { name: "StoreError" });
    await assert.rejects(client.get("a"), { name: "StoreUnavailableError" });
  });
});

describe("lines", () => {
  test("come in pieces of any size", () => {
    const bytes = new TextEncoder().encode('[1,"get","é"]\n[2,"get","🙂"]\n[3,');
    for (let size = 1; size < bytes.length; size++) {
      const reader = new LineReader();
      const lines: string[] = [];
      for (let i = 0; i < bytes.length; i += size) lines.push(...reader.read(bytes.subarray(i, i + size)));
      assert.deepEqual(lines, ['[1,"get","é"]', '[2,"get","🙂"]'], `pieces of ${size}`);
    }
  });

  test("have a bound", () => {
    const reader = new LineReader();
    const piece = new Uint8Array(1024 * 1024).fill(97);
    assert.throws(() => {
      for (let i = 0; i < 10; i++) reader.read(piece);
    }, KeeperFormatError);
  });

  test("are checked", () => {
    assert.deepEqual(requestOf('[7,"get","a"]'), [7, "get", "a"]);
    for (
      const line of ['["7","get","a"]', '[7,"get",1]', "null", "", '[7,"take","a",null]', '[7,"entries"]']
    ) {
      assert.throws(() => requestOf(line), KeeperFormatError, line);
    }
  });
});
