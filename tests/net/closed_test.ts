// Whoever has a connection is told of its end, once, even where it ended before there was anybody to tell.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { parseAddress } from "../../lib/net/address.ts";
import { listen } from "../../lib/net/listen.ts";
import { inFolder, sleep, until } from "../server/support.ts";

async function closedTimes(address: string, how: "destroy" | "end"): Promise<number> {
  let times = 0;
  const accept = (connection: { destroy(): void; end(): void }) => {
    connection[how]();
    return { data() {}, drain() {}, closed: () => void times++ };
  };
  const listener = await listen(parseAddress(address), accept, (error) => assert.fail(error));
  const socket: Socket = connect(listener.address as { path: string } | { host: string; port: number });
  await new Promise<void>((resolve) => socket.on("error", () => {}).on("close", () => resolve()).resume());
  await until(() => times > 0, "closed is told");
  await sleep(20);
  await listener.close();
  return times;
}

for (const how of ["destroy", "end"] as const) {
  test(`a connection that is closed as soon as it is accepted (${how}) is told closed once`, () =>
    inFolder(async (folder) => {
      assert.equal(await closedTimes("inet:0@127.0.0.1", how), 1);
      assert.equal(await closedTimes(`unix:${folder}/socket`, how), 1);
    }));
}
