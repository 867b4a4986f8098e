// What a worker says of connections that its parent hands over: each is answered once, by its id.
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { listenToParent, type ToParent, withdrawHandOver } from "../../lib/net/handover.ts";
import { until } from "../server/support.ts";

test("a withdrawn connection is missed, and one that comes all the same is closed and told of as late", async () => {
  const said: ToParent[] = [];
  const { send } = process;
  Object.assign(process, { send: (message: ToParent) => said.push(message) });
  const listener = listenToParent("unix:/a.sock", () => assert.fail("somebody else has it"));
  try {
    withdrawHandOver(7);
    await until(() => said.length === 1);
    let destroyed = 0;
    const socket = { destroy: () => destroyed++ } as unknown as Socket;
    process.emit("message", { type: "connection", id: 7, overTcp: false, address: "unix:/a.sock" }, socket);
    assert.deepEqual(said, [{ type: "missed", id: 7 }, { type: "late", id: 7 }]);
    assert.equal(destroyed, 1);
  } finally {
    void listener.close();
    Object.assign(process, { send });
  }
});
