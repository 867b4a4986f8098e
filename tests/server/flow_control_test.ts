import assert from "node:assert/strict";
import { test } from "node:test";
import { commands } from "../../lib/protocol/codec.ts";
import { encoded, join, packet } from "../protocol/support.ts";
import { openRaw } from "./raw_socket.ts";
import { atRest, gate, MESSAGE, served, until } from "./support.ts";

const OPTNEG = packet("O", Uint8Array.of(0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff));
const CHUNK = encoded(commands.body, { chunk: new Uint8Array(60_000).fill(0x78) });

test(
  "while a filter is at work an MTA that waits for no answers is not read without end, and loses nothing",
  { timeout: 60_000 },
  async () => {
    const slow = gate();
    let size = 0;
    let calls = 0;
    await served([{
      name: "1",
      verdicts: [],
      body: (chunk) => {
        size += chunk.length;
        if (++calls === 1) return slow.opened;
      },
      eom: () => {},
    }], async ({ address, reports }) => {
      const raw = await openRaw(address);
      raw.socket.write(join(OPTNEG, packet("M", "<a>\0"), packet("R", "<b>\0"), packet("N")));
      const count = 400;
      let sent = 0;
      for (let i = 0; i < count; i++) raw.socket.write(CHUNK, () => sent++);
      raw.socket.write(packet("E"));
      // What was taken stops growing: the system's buffers and ours are full, far below what there is.
      await atRest(() => sent);
      assert.ok(sent < count / 2, `${sent} of ${count} chunks were taken`);
      assert.equal(calls, 1);
      slow.open();
      await until(() => reports().length === 1);
      assert.equal(size, count * 60_000);
      raw.socket.destroy();
    });
  },
);

test("while an MTA does not read its answers no more of them are made", { timeout: 60_000 }, async () => {
  const messages = 100;
  let made = 0;
  await served([{
    name: "1",
    changes: ["replaceBody"],
    verdicts: [],
    eom: (message) => {
      made++;
      message.replaceBody(new Uint8Array(200_000));
    },
  }], async ({ address }) => {
    const raw = await openRaw(address);
    raw.socket.pause();
    raw.socket.write(OPTNEG);
    const message = join(packet("M", "<a>\0"), packet("L", `X\0${"y".repeat(20_000)}\0`), packet("E"));
    for (let i = 0; i < messages; i++) raw.socket.write(message);
    await atRest(() => made);
    assert.ok(made < messages / 2, `${made} of ${messages} were answered`);
    let received = 0;
    raw.socket.on("data", (bytes) => received += bytes.length);
    raw.socket.resume();
    await until(() => received > messages * 200_000);
    assert.equal(made, messages);
    raw.socket.destroy();
  });
});

test("events without answers arrive in order, and the one that is answered after them", async () => {
  const log: string[] = [];
  await served([{
    name: "1",
    verdicts: ["eom"],
    header: async ({ name }) => {
      await Promise.resolve();
      log.push(name);
    },
    eom: () => void log.push("eom"),
  }], async ({ open }) => {
    const mta = await open();
    assert.equal((await mta.message(MESSAGE, { to: ["b"] })).event, "eom");
    assert.deepEqual(log, ["Subject", "X-A", "eom"]);
  });
});

test("who sends messages without end takes turns with the others", { timeout: 60_000 }, async () => {
  const messages = 60_000;
  let made = 0;
  await served([{
    name: "1",
    mail: ({ address }) => void (address === "flood" && made++),
    eom: () => {},
  }], async ({ open, address }) => {
    const raw = await openRaw(address);
    const mta = await open();
    const message = join(packet("M", "<flood>\0"), packet("R", "<b>\0"), packet("E"));
    raw.socket.write(join(OPTNEG, ...Array.from({ length: messages }, () => message)));
    await until(() => made > 0);
    assert.equal((await mta.message(MESSAGE, { from: "good", to: ["b"] })).event, "eom");
    assert.ok(made < messages / 3, `${made} of ${messages} came first`);
    await until(() => made === messages);
    raw.socket.destroy();
  });
});
