// Peers that are slow, silent, or never stop: what they take is bounded, and given back when they go.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { join, letters, packet } from "../protocol/support.ts";
import { openRaw } from "../server/raw_socket.ts";
import { type AnyFilter, MESSAGE, served, sleep, until } from "../server/support.ts";
import { at } from "../support/present.ts";
import { counting, Tally } from "./tally.ts";

const OPTNEG = packet("O", Uint8Array.of(0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff));
const CONNECT = packet("C", "client.example\x004\x12\x67192.0.2.1\0");
const BEGIN = join(OPTNEG, CONNECT, packet("H", "h\0"), packet("M", "<a>\0"));

test("who sends one byte at a time gets the answers that anybody gets", { timeout: 120_000 }, async () => {
  const tally = new Tally();
  await served([counting(tally)], async ({ server, reports }) => {
    const { socket, received } = await openRaw(at(server.addresses, 0));
    socket.setNoDelay(true);
    const session = join(BEGIN, packet("R", "<b>\0"), packet("T"), packet("N"), packet("E"), packet("Q"));
    for (const byte of session) await new Promise((written) => socket.write(Uint8Array.of(byte), written));
    await until(() => server.connections === 0);
    // An answer to negotiation, and one to each event from CONNECT to the end.
    await until(() => letters(received()) === "Occccccc", "all answers");
    assert.deepEqual(reports().map(({ outcome }) => outcome), ["accept"]);
    await tally.balanced("after the session");
  });
});

test("who never reads its answers is let go of when it goes", { timeout: 120_000 }, async () => {
  const tally = new Tally();
  const large: AnyFilter = {
    name: "large",
    changes: ["replaceBody"],
    eom: (message) => message.replaceBody(new Uint8Array(500_000)),
  };
  for (const listen of ["inet:0@127.0.0.1", undefined]) {
    await served([counting(tally), large], async ({ server, open }) => {
      const peers = await Promise.all(Array.from({ length: 10 }, () => openRaw(at(server.addresses, 0))));
      const message = join(packet("M", "<a>\0"), packet("R", "<b>\0"), packet("E"));
      for (const { socket } of peers) {
        socket.pause();
        socket.write(join(OPTNEG, ...Array.from({ length: 20 }, () => message)));
      }
      // Nothing more is made of what is not read.
      let before = -1;
      while (before !== tally.messages || before === 0) {
        before = tally.messages;
        await sleep(300);
      }
      assert.ok(tally.messages < 200, `${tally.messages} messages were worked off`);
      const mta = await open({ bare: true });
      assert.equal((await mta.message(MESSAGE, { to: ["b"] })).event, "eom");
      mta.quit();
      for (const { socket } of peers) socket.destroy();
      await until(() => server.connections === 0, "the connections are let go of");
      await tally.balanced("after the peers");
      tally.messages = tally.ended = 0;
    }, listen ? { listen } : {});
  }
});

const FLOODS: Record<string, (number: number) => Uint8Array> = {
  "macros of one name": () => packet("D", `R{m}\0${"x".repeat(60_000)}\0`),
  "macros of other names": (number) => packet("D", `R{m${number}}\0${"x".repeat(60_000)}\0`),
  "macros for other events": (number) =>
    packet("D", `${"CHMRTLNBE"[number % 9]}{m${number}}\0${"x".repeat(60_000)}\0`),
  "unknown commands": () => packet("U", `${"X".repeat(60_000)}\0`),
  "HELO": () => packet("H", `${"h".repeat(60_000)}\0`),
};

for (const [what, make] of Object.entries(FLOODS)) {
  test(`a flood of ${what} does not grow what is held`, { timeout: 120_000 }, async () => {
    const tally = new Tally();
    await served([counting(tally)], async ({ server, open }) => {
      const { socket } = await openRaw(at(server.addresses, 0));
      socket.resume();
      socket.write(BEGIN);
      const send = async (count: number) => {
        for (let i = 0; i < count; i++) {
          if (!socket.destroyed) await new Promise((written) => socket.write(make(i), written));
        }
      };
      await send(300);
      const before = process.memoryUsage().rss;
      // 120 MB more.
      await send(2000);
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < 80_000_000, `${grown} bytes more`);
      const mta = await open({ bare: true });
      assert.equal((await mta.message(MESSAGE, { to: ["b"] })).event, "eom");
      mta.quit();
      socket.destroy();
      await until(() => server.connections === 0);
      await tally.balanced("after the flood");
    });
  });
}
