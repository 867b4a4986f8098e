import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { openRaw, type RawSocket } from "./raw_socket.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { gate, MESSAGE, served, turns, until } from "./support.ts";
import { MtaSession } from "../../lib/protocol/mta_session.ts";
import { commands } from "../../lib/protocol/codec.ts";
import { join, packet } from "../protocol/support.ts";

test(
  "who says nothing is let go after the time for negotiation, an MTA is not",
  async () => {
    const clock = new ManualClock();
    await served([{ name: "1" }], async ({ server, of, open, address }) => {
      const silent = await openRaw(address);
      const mta = await open({ bare: true });
      await until(() => server.connections === 2);
      clock.advance(29_000);
      assert.deepEqual(of("idle"), []);
      clock.advance(2000);
      await silent.closed;
      await until(() => server.connections === 1);
      assert.deepEqual(of("idle").map(({ connection, negotiated }) => [connection, negotiated]), [[
        1,
        false,
      ]]);
      assert.equal((await mta.message(MESSAGE, { to: ["b"] })).event, "eom");
    }, { clock });
  },
);

test(
  "an MTA that says nothing is let go after the idle time, its message aborted",
  async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    await served(
      [{
        name: "1",
        mail: () => {},
        abort: () => void log.push("abort"),
        close: () => void log.push("close"),
      }],
      async ({ server, of, open }) => {
        const mta = await open();
        await mta.mail("a");
        clock.advance(59_000);
        assert.deepEqual(of("idle"), []);
        clock.advance(2000);
        await until(() => server.connections === 0);
        assert.deepEqual(of("idle").map(({ connection, negotiated }) => [connection, negotiated]), [[
          1,
          true,
        ]]);
        assert.deepEqual(log, ["abort", "close"]);
      },
      { timeouts: { idle: 60_000 }, clock },
    );
  },
);

test("a connection whose filter is at work is not idle", async () => {
  const clock = new ManualClock();
  const [began, slow] = [gate(), gate()];
  const mail = () => {
    began.open();
    return slow.opened;
  };
  await served([{ name: "1", mail }], async ({ open, of }) => {
    const mta = await open();
    const answer = mta.mail("a");
    await began.opened;
    clock.advance(60_000);
    slow.open();
    assert.equal((await answer).verdict, "continue");
    assert.deepEqual(of("idle"), []);
  }, { timeouts: { idle: 1000, callback: 120_000 }, clock });
});

test("the MTA is told of progress while the end of a message takes long, and not afterwards", async () => {
  const clock = new ManualClock();
  const slow = gate();
  await served([{
    name: "1",
    changes: ["replaceBody"],
    eom: async (message) => {
      setTimeout(() => clock.advance(5000));
      await slow.opened;
      message.replaceBody("x".repeat(100_000));
    },
  }], async ({ address }) => {
    const mta = new MtaSession();
    const raw = await openRaw(address);
    raw.socket.on("data", (bytes) => mta.receive(bytes as Uint8Array));
    const next = async () => {
      const seen: string[] = [];
      raw.socket.write(mta.takeOutput());
      const expecting = mta.awaiting;
      await until(() => {
        for (let reply = mta.awaiting && mta.next(); reply; reply = mta.awaiting && mta.next()) {
          seen.push(reply.type === "answer" ? reply.answer.verdict : reply.type);
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
  }, { clock });
});

/** Does not read, while what it asks for is more than any buffer of the system takes. */
async function openUnreading(address: string): Promise<RawSocket> {
  const raw = await openRaw(address);
  raw.socket.pause();
  const offer = packet("O", Uint8Array.of(0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff));
  raw.socket.write(join(offer, packet("M", "<a>\0"), packet("R", "<b>\0"), packet("E")));
  return raw;
}

const largeAnswer = {
  name: "large",
  changes: ["replaceBody" as const],
  eom: (message: EndOfMessage) => message.replaceBody(new Uint8Array(32 * 1024 * 1024)),
};

test("the MTA is told of no progress among the packets of a new body", async () => {
  const clock = new ManualClock();
  const size = 3 * 1024 * 1024;
  const filter = {
    ...largeAnswer,
    // Later, so that there is something to tell progress of.
    eom: async (message: EndOfMessage) => {
      await clock.sleep(1);
      message.replaceBody(new Uint8Array(size));
    },
  };
  await served([filter], async ({ address, reports }) => {
    const raw = await openUnreading(address);
    await until(() => clock.waited(1));
    clock.advance(1);
    await until(() => reports().length === 1);
    clock.advance(60_000);
    let last: number | undefined;
    raw.socket.on("data", (piece) => last = (piece as Uint8Array).at(-1));
    raw.socket.resume();
    // The body is of zeros.
    await until(() => last === "c".charCodeAt(0));
    assert.equal(commandsIn(raw.received()).replace(/b+/, "b"), "Obc");
    raw.socket.destroy();
  }, { clock });
});

/** The commands of packets in a row. */
function commandsIn(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer);
  let commands = "";
  for (let start = 0; start < bytes.length; start += 4 + view.getUint32(start)) {
    commands += String.fromCharCode(view.getUint8(start + 4));
  }
  return commands;
}

test("who does not read what is sent to it is let go, whatever it says meanwhile", async () => {
  const clock = new ManualClock();
  const { opened, open: closed } = gate();
  await served([{ ...largeAnswer, close: () => closed() }], async ({ server, first, reports, address }) => {
    const raw = await openUnreading(address);
    await until(() => reports().length === 1);
    await until(() => {
      raw.socket.write(packet("N"));
      clock.advance(1000);
      return server.connections === 0;
    });
    await opened;
    const { connection, bytes } = first("unread");
    assert.equal(connection, 1);
    assert.ok(bytes > 0);
    raw.socket.destroy();
  }, { timeouts: { send: 60_000 }, clock });
});

test("who reads slowly is not let go", async () => {
  const clock = new ManualClock();
  await served([largeAnswer], async ({ address, of, reports }) => {
    const raw = await openUnreading(address);
    await until(() => reports().length === 1);
    // Now and then as much as no buffer holds, for longer than it may read nothing.
    let received = 0;
    raw.socket.on("data", (bytes) => received += bytes.length);
    for (let i = 0; i < 10; i++) {
      raw.socket.pause();
      clock.advance(50_000);
      const before = received;
      raw.socket.resume();
      await until(() => received > before + 1024 * 1024);
    }
    assert.deepEqual(of("unread"), []);
    raw.socket.resume();
    await until(() => received > 32 * 1024 * 1024);
    raw.socket.destroy();
  }, { timeouts: { send: 60_000 }, clock });
});

test("an abort does not wait for who does not read", async () => {
  await served([largeAnswer], async ({ server, reports, address }) => {
    const raw = await openUnreading(address);
    await until(() => reports().length === 1);
    // Until all buffers are full.
    await turns();
    await server.abort();
    assert.equal(server.connections, 0);
    raw.socket.destroy();
  });
});
