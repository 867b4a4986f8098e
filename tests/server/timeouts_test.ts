import assert from "node:assert/strict";
import { test } from "node:test";
import { openRaw } from "./raw_socket.ts";
import { gate, MESSAGE, served, sleep, until } from "./support.ts";
import { MtaSession } from "../../lib/protocol/mta_session.ts";
import { commands } from "../../lib/protocol/codec.ts";

test(
  "who says nothing is let go after the time for negotiation, an MTA is not",
  { timeout: 30_000 },
  async () => {
    await served([{ name: "1" }], async ({ server, of, open }) => {
      const silent = await openRaw(server.addresses[0]);
      const mta = await open({ bare: true });
      await silent.closed;
      await until(() => server.connections === 1);
      assert.deepEqual(of("idle").map(({ connection, negotiated }) => [connection, negotiated]), [[
        1,
        false,
      ]]);
      assert.equal((await mta.message(MESSAGE, { to: ["b"] })).event, "eom");
    }, { timeouts: { negotiation: 1 } });
  },
);

test(
  "an MTA that says nothing is let go after the idle time, its message aborted",
  { timeout: 30_000 },
  async () => {
    const log: string[] = [];
    await served(
      [{ name: "1", abort: () => void log.push("abort"), close: () => void log.push("close") }],
      async ({ server, of, open }) => {
        const mta = await open();
        await mta.mail("a");
        await until(() => server.connections === 0);
        assert.deepEqual(of("idle").map(({ connection, negotiated }) => [connection, negotiated]), [[
          1,
          true,
        ]]);
        assert.deepEqual(log, ["abort", "close"]);
      },
      { timeouts: { idle: 1 } },
    );
  },
);

test("a connection whose filter is at work is not idle", { timeout: 30_000 }, async () => {
  const slow = gate();
  await served([{ name: "1", mail: () => slow.opened }], async ({ open, of }) => {
    const mta = await open();
    const answer = mta.mail("a");
    // Longer than two looks at what is idle.
    await sleep(2500);
    slow.open();
    assert.equal((await answer).verdict, "continue");
    assert.deepEqual(of("idle"), []);
  }, { timeouts: { idle: 1 } });
});

test("the MTA is told of progress while the end of a message takes long, and not afterwards", {
  timeout: 30_000,
}, async () => {
  const slow = gate();
  await served([{
    name: "1",
    changes: ["replaceBody"],
    eom: async (message) => {
      await slow.opened;
      message.replaceBody("x".repeat(100_000));
    },
  }], async ({ server }) => {
    const mta = new MtaSession();
    const raw = await openRaw(server.addresses[0]);
    raw.socket.on("data", (bytes) => mta.receive(bytes as Uint8Array));
    const next = async () => {
      const seen: string[] = [];
      raw.socket.write(mta.takeOutput());
      const expecting = mta.awaiting;
      await until(() => {
        for (let reply = mta.awaiting && mta.next(); reply; reply = mta.awaiting && mta.next()) {
          seen.push(reply.type);
          if (reply.type === "progress") slow.open();
        }
        return mta.awaiting === undefined;
      }, `the answer to ${expecting}`);
      return seen;
    };
    mta.negotiate();
    await next();
    mta.address("mail", "<a>");
    if (mta.awaiting) await next();
    mta.send("eom", commands.bodyeob, { chunk: new Uint8Array(0) });
    assert.deepEqual(await next(), ["progress", "modification", "modification", "continue"]);
    raw.socket.destroy();
  });
});
