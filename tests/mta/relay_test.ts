import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { test } from "node:test";
import { Relay, type RelayedConnection } from "../../lib/mta/relay.ts";
import { parseAddress } from "../../lib/net/address.ts";
import type { Side } from "../../lib/protocol/describe_packet.ts";
import { join } from "../protocol/support.ts";
import { atRest, turns } from "../server/support.ts";
import { at } from "../support/present.ts";
import { Random } from "../support/random.ts";

/** What is seen of one connection. */
interface Seen {
  readonly connection: RelayedConnection;
  readonly bytes: Record<Side, Uint8Array[]>;
  readonly told: string[];
  readonly closed: Promise<void>;
}

/** How much has passed that came from a side. */
function passed({ bytes }: Seen, side: Side): number {
  return bytes[side].reduce((sum, { length }) => sum + length, 0);
}

interface Running {
  readonly relay: Relay;
  readonly seen: Seen[];
  /** What is seen of the first connection, which must be there. */
  first(): Seen;
  open(): Promise<Socket>;
}

/** A relay in front of a server of the test's own. */
async function relayed(
  serve: (socket: Socket) => void,
  use: (running: Running) => Promise<void>,
  listen = "inet:0@127.0.0.1",
): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  const port = await listening(server);
  const seen: Seen[] = [];
  const relay = await Relay.start({
    listen: parseAddress(listen),
    milter: parseAddress(`inet:${port}@127.0.0.1`),
    failed: (error) => assert.fail(error),
    watch: (connection) => {
      const bytes: Seen["bytes"] = { mta: [], milter: [] };
      const told: string[] = [];
      let closed!: () => void;
      seen.push({ connection, bytes, told, closed: new Promise((resolve) => closed = resolve) });
      return {
        bytes: (side, piece) => bytes[side].push(piece),
        ended: (side) => told.push(`${side} ended`),
        failed: (side, error) => told.push(`${side} failed: ${error.message}`),
        closed: () => {
          told.push("closed");
          closed();
        },
      };
    },
  });
  try {
    await use({
      relay,
      seen,
      first: () => at(seen, 0),
      open: async () => {
        const socket = connect({ ...target(relay.address), allowHalfOpen: true });
        sockets.push(socket);
        socket.on("error", () => {});
        await new Promise((resolve) => socket.once("connect", resolve));
        return socket;
      },
    });
  } finally {
    relay.close();
    relay.destroyAll();
    for (const socket of sockets) socket.destroy();
    await relay.finished;
    await new Promise((resolve) => server.close(resolve));
  }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
  );
}

function target(address: string): { path: string } | { host: string; port: number } {
  const parsed = parseAddress(address);
  if (parsed.kind === "unix") return { path: parsed.path };
  assert.ok("port" in parsed);
  return { host: parsed.host, port: parsed.port };
}

/** Everything that comes until the other side ends its stream, or the connection breaks. */
function all(socket: Socket): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  socket.on("data", (piece: Uint8Array) => pieces.push(piece));
  return new Promise((resolve) => {
    for (const end of ["end", "close"]) socket.once(end, () => resolve(join(...pieces)));
  });
}

function echo(socket: Socket): void {
  socket.on("data", (bytes) => {
    if (!socket.write(bytes)) socket.pause();
  });
  socket.on("drain", () => socket.resume());
  socket.on("end", () => socket.end("the end"));
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("each side's end goes on to the other, which can still send", { timeout: 20_000 }, async () => {
  const folder = mkdtempSync(joinPath(tmpdir(), "milterkit-relay-"));
  try {
    for (const listen of ["inet:0@127.0.0.1", `unix:${joinPath(folder, "relay.sock")}`]) {
      await relayed(echo, async ({ open, first }) => {
        const socket = await open();
        const received = all(socket);
        socket.end("hello");
        assert.equal(text(await received), "hellothe end");
        await first().closed;
        assert.deepEqual(first().told, ["mta ended", "milter ended", "closed"]);
        assert.match(first().connection.peer, listen.startsWith("unix") ? /^unix$/ : /^127\.0\.0\.1:\d+$/);
      }, listen);
      await relayed((socket) => {
        socket.end("first");
        socket.on("data", (bytes) => assert.equal(text(bytes), "later"));
      }, async ({ open, first }) => {
        const socket = await open();
        assert.equal(text(await all(socket)), "first");
        socket.end("later");
        await first().closed;
        assert.equal(text(join(...first().bytes.mta)), "later");
        assert.deepEqual(first().told, ["milter ended", "mta ended", "closed"]);
      }, listen);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("many connections at once, each byte on its own way", { timeout: 60_000 }, async () => {
  await relayed(echo, async ({ open, seen }) => {
    const random = new Random(7);
    await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      const socket = await open();
      const sent = Array.from(
        { length: 20 },
        () => Uint8Array.from({ length: 1 + random.below(9000) }, (_, at) => (at * 7 + i) & 255),
      );
      const received = all(socket);
      for (const piece of sent) socket.write(piece);
      socket.end();
      const whole = join(...sent);
      const back = await received;
      assert.deepEqual(back.subarray(0, -7), whole);
      assert.equal(text(back.subarray(-7)), "the end");
    }));
    await Promise.all(seen.map(({ closed }) => closed));
    assert.deepEqual(
      seen.map(({ connection }) => connection.number),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    for (const { bytes, told } of seen) {
      assert.deepEqual(join(...bytes.mta), join(...bytes.milter).subarray(0, -7));
      assert.equal(told.at(-1), "closed");
    }
  });
});

test("who does not read holds the other up", { timeout: 30_000 }, async () => {
  const SIZE = 32 * 1024 * 1024;
  let milter: Socket | undefined;
  await relayed((socket) => {
    milter = socket;
    socket.pause();
  }, async ({ open, first }) => {
    const socket = await open();
    socket.end(new Uint8Array(SIZE));
    await atRest(() => passed(first(), "mta"));
    const taken = passed(first(), "mta");
    assert.ok(taken < SIZE / 2, `${taken} bytes were taken from the MTA that the filter does not read`);
    const received = all(milter!);
    milter!.resume();
    assert.equal((await received).length, SIZE);
    assert.equal(passed(first(), "mta"), SIZE);
  });
});

test("a connection that breaks is broken off on the other side too", { timeout: 20_000 }, async () => {
  const errors: string[] = [];
  let gone!: () => void;
  const milterGone = new Promise<void>((resolve) => gone = resolve);
  await relayed((socket) => {
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code ?? ""));
    socket.on("close", gone);
  }, async ({ open, first }) => {
    const socket = await open();
    socket.write("x");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.resetAndDestroy();
    await milterGone;
    await first().closed;
    assert.deepEqual(errors, ["ECONNRESET"]);
    assert.match(first().told.join("; "), /^mta failed: [^;]+; closed$/);
  });
});

for (const [what, size] of [["little", 100], ["much", 20_000_000]] as const) {
  test(
    `${what} that a filter sent before it broke comes to an MTA that did not read`,
    { timeout: 30_000 },
    async () => {
      let milter: Socket | undefined;
      await relayed((socket) => {
        milter = socket;
        socket.once("data", () => socket.write(new Uint8Array(size)));
      }, async ({ open, first }) => {
        const socket = await open();
        socket.write("x");
        await atRest(() => passed(first(), "milter"));
        milter!.resetAndDestroy();
        await turns();
        const received = all(socket);
        const { length } = await received;
        socket.end();
        await first().closed;
        assert.equal(length, join(...first().bytes.milter).length);
        assert.ok(length >= Math.min(size, 1_000_000), `${length} bytes`);
        assert.match(first().told.join("; "), /^milter failed: [^;]+; closed$/);
      });
    },
  );
}

test("what is sent to a filter that broke is not told", { timeout: 20_000 }, async () => {
  let milter: Socket | undefined;
  await relayed((socket) => {
    milter = socket;
    socket.once("data", () => socket.write("answer"));
  }, async ({ open, first }) => {
    const socket = await open();
    socket.write("x");
    await atRest(() => passed(first(), "milter"));
    milter!.resetAndDestroy();
    const received = all(socket);
    assert.equal(text(await received), "answer");
    socket.end("too late");
    await first().closed;
    assert.equal(text(join(...first().bytes.mta)), "x");
  });
});

test(
  "where the filter is not to be reached, the MTA's connection is closed",
  { timeout: 20_000 },
  async () => {
    const told: string[] = [];
    const relay = await Relay.start({
      listen: parseAddress("inet:0@127.0.0.1"),
      milter: parseAddress("unix:/nowhere/milter.sock"),
      failed: (error) => assert.fail(error),
      watch: () => ({
        bytes: () => {},
        ended: () => {},
        failed: (side, error) => told.push(`${side}: ${error.message}`),
        closed: () => told.push("closed"),
      }),
    });
    const socket = connect(target(relay.address) as { host: string; port: number });
    socket.on("error", () => {});
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    relay.close();
    await relay.finished;
    assert.deepEqual(told, [
      "milter: Cannot connect to unix:/nowhere/milter.sock: there is no such file or directory",
      "closed",
    ]);
  },
);

test("a relay that is closed takes nobody, and lets the open ones go on", { timeout: 20_000 }, async () => {
  await relayed(echo, async ({ relay, open, seen }) => {
    const socket = await open();
    socket.write("a");
    await new Promise((resolve) => socket.once("data", resolve));
    relay.close();
    const late = connect(target(relay.address) as { host: string; port: number });
    await new Promise((resolve) => late.once("error", resolve));
    const received = all(socket);
    socket.end("b");
    assert.equal(text(await received), "bthe end");
    await relay.finished;
    assert.equal(relay.connections, 0);
    assert.equal(seen.length, 1);
  });
});
