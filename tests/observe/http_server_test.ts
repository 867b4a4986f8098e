// The server for figures and health: what it keeps for those who do not read.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { send } from "../../cli/observe/http_route.ts";
import { HttpServer } from "../../cli/observe/http_server.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** More than the system takes for a connection that is not read. */
const LARGE = "x".repeat(32_000_000);

test("a connection whose answer is not read ends", { timeout: 60_000 }, async () => {
  let answered: (socket: Socket) => void;
  const answer = new Promise<Socket>((resolve) => answered = resolve);
  const clock = new ManualClock();
  const server = await HttpServer.listen({ kind: "inet", host: "127.0.0.1", port: 0 }, [{
    path: "/large",
    about: "a large answer",
    answer({ socket }, response) {
      send(response, 200, "text/plain", LARGE);
      answered(socket);
    },
  }], clock);
  const { port } = server.address as { port: number };
  const peer = connect(port, "127.0.0.1", () => peer.write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  peer.pause().on("error", () => {});
  try {
    const socket = await answer;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    clock.advance(9000);
    assert.equal(socket.destroyed, false);
    clock.advance(1000);
    await closed;
  } finally {
    peer.destroy();
    await server.close();
  }
});
