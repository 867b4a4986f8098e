// The connection to a filter that is slow, deaf, or never there.
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { MilterLink } from "../../cli/commands/replay/milter_link.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { packet } from "../protocol/support.ts";
import { NO_FULL_PORT, withFullPort } from "../support/full_port.ts";

/** A link to a server of the test's own. */
async function linked(
  serve: (socket: Socket) => void,
  timeout: number,
  use: (link: MilterLink) => Promise<void>,
): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    await use(await MilterLink.open(parseAddress(`inet:${port}@127.0.0.1`), timeout));
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends pieces one after the other, with a rest before each. */
function pieceByPiece(socket: Socket, pieces: readonly Uint8Array[], rest: number): void {
  socket.resume();
  const unsent = pieces.values();
  const timer = setInterval(() => {
    const { done, value } = unsent.next();
    if (done) clearInterval(timer);
    else socket.write(value);
  }, rest);
  socket.once("close", () => clearInterval(timer));
}

test(
  "a filter that does not take the connection in time",
  { skip: NO_FULL_PORT, timeout: 20_000 },
  async () => {
    await withFullPort(async (address) => {
      await assert.rejects(
        MilterLink.open(parseAddress(address), 100),
        { code: "cannot-connect", message: `Cannot connect to ${address}: no connection within 100 ms` },
      );
    });
  },
);

test("a byte now and then is no answer", { timeout: 20_000 }, async () => {
  const bytes = Array.from(packet("y", `550 ${"x".repeat(200)}\0`), (byte) => Uint8Array.of(byte));
  await linked((socket) => pieceByPiece(socket, bytes, 40), 400, async (link) => {
    await link.send(packet("M", "<a>\0"));
    assert.deepEqual(await link.answer(), { packets: [], end: "no answer within 400 ms" });
    await link.close();
  });
});

test("progress begins the time anew", { timeout: 20_000 }, async () => {
  const pieces = [packet("p"), packet("p"), packet("p"), packet("p"), packet("c")];
  await linked((socket) => pieceByPiece(socket, pieces, 500), 1500, async (link) => {
    await link.send(packet("E"));
    const { packets, end } = await link.answer();
    assert.equal(end, undefined);
    assert.equal(packets.length, 5);
    await link.close();
  });
});

test(
  "a filter that takes nothing is given up once, and not for each packet",
  { timeout: 20_000 },
  async () => {
    await linked((socket) => socket.pause(), 300, async (link) => {
      const body = packet("B", new Uint8Array(65_535));
      for (let i = 0; i < 500; i++) await link.send(body);
      assert.deepEqual(await link.answer(), { packets: [], end: "read nothing within 300 ms" });
      await link.close();
    });
  },
);
