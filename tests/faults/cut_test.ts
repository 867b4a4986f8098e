// A session that ends at any byte of it, in any way: everything is let go, and the next connection is as good as any.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { parseAddress } from "../../lib/net/address.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { commands } from "../../lib/protocol/codec.ts";
import { encoded, EVERYTHING, join, packet } from "../protocol/support.ts";
import { type AnyFilter, MESSAGE, served, until } from "../server/support.ts";
import { at } from "../support/present.ts";
import { counting, Tally } from "./tally.ts";

const CONNECT = packet("C", "client.example\x004\x12\x67192.0.2.1\0");
const MESSAGE_BYTES = join(
  packet("D", "Mi\0Q1\0"),
  packet("M", "<a@example.org>\0SIZE=100\0"),
  packet("R", "<b@example.net>\0"),
  packet("D", "R{rcpt_addr}\0c\0"),
  packet("R", "<c@example.net>\0"),
  packet("T"),
  packet("L", "Subject\0 hi\0"),
  packet("L", "To\0 b,\n\tc\0"),
  packet("N"),
  packet("B", "one\r"),
  packet("B", "\ntwo\r\n"),
  packet("E", "three\r\n"),
);

/** Two messages, an unknown command, and another client on the same socket. */
const SESSION = join(
  encoded(commands.optneg, EVERYTHING),
  packet("D", "Cj\0mx.example.net\0"),
  CONNECT,
  packet("H", "client.example\0"),
  MESSAGE_BYTES,
  packet("A"),
  packet("U", "FOO bar\0"),
  MESSAGE_BYTES,
  packet("A"),
  packet("K"),
  CONNECT,
  packet("H", "other.example\0"),
  packet("M", "<d@example.org>\0"),
  packet("A"),
  MESSAGE_BYTES,
  packet("Q"),
);

/** The first changes everything, so that the second one waits and is shown it again. */
function filters(tallies: readonly [Tally, Tally], asynchronous: boolean): AnyFilter[] {
  const react = asynchronous ? () => Promise.resolve() : undefined;
  return [
    counting(tallies[0], react, { name: "first", changes: ["addHeader", "replaceBody"] }),
    {
      name: "changer",
      changes: ["addHeader", "replaceBody"],
      eom(message) {
        message.addHeader("X-A", "1");
        message.replaceBody("new\r\n");
      },
    },
    counting(tallies[1], react, { name: "second" }),
  ];
}

async function nextWorks(client: MtaClient): Promise<void> {
  const { event, answer } = await client.message(MESSAGE, { to: ["b@example.net"] });
  assert.deepEqual([event, answer.verdict], ["eom", "continue"]);
  assert.deepEqual(answer.modifications.map(({ type }) => type), ["addHeader", "replaceBody"]);
  client.quit();
}

for (const asynchronous of [false, true]) {
  const how = asynchronous ? "asynchronous" : "synchronous";

  test(`cut at every byte, ${how} filters`, async () => {
    const tallies = [new Tally(), new Tally()] as const;
    const chain = new FiltersInProcess(filters(tallies, asynchronous), {});
    for (let at = 0; at <= SESSION.length; at++) {
      const events: ServerEvent[] = [];
      let handler = () => {};
      const near = await chain.dial((event) => events.push(event))(() => ({
        data: () => handler(),
        drain() {},
        closed() {},
      }));
      near.write(SESSION.slice(0, at));
      // Half of them before anything was worked off, half of them after.
      if (at % 2 === 0) await new Promise<void>((resolve) => setTimeout(resolve, 0));
      handler = () => {};
      near.end();
      await until(() => events.some(({ type }) => type === "disconnected"), `the end at byte ${at}`);
      for (const tally of tallies) await tally.balanced(`cut at byte ${at}`);
      assert.deepEqual(events.filter(({ type }) => /error|failed/.test(type)), [], `at byte ${at}`);
    }
    // Of all three messages, where the cut comes late enough for them.
    assert.ok(tallies[0].messages > SESSION.length / 2, `${tallies[0].messages} messages`);
    await nextWorks(await MtaClient.open(chain.dial(() => {})));
  });

  for (const ending of ["half-close", "close", "reset"] as const) {
    test(`${ending} of a socket at every byte, ${how} filters`, { timeout: 120_000 }, async () => {
      const tallies = [new Tally(), new Tally()] as const;
      await served(filters(tallies, asynchronous), async ({ server, open, events }) => {
        const target = parseAddress(at(server.addresses, 0)) as { host: string; port: number };
        for (let from = 0; from <= SESSION.length; from += BATCH) {
          const count = Math.min(BATCH, SESSION.length + 1 - from);
          await Promise.all(Array.from({ length: count }, (_, i) => endAt(target, from + i, ending)));
          const what = `bytes ${from} to ${from + count - 1}`;
          await until(() => server.connections === 0, `no connection left after ${what}`);
          for (const tally of tallies) await tally.balanced(what);
        }
        assert.deepEqual(events.filter(({ type }) => /(protocol|internal|filter)-error/.test(type)), []);
        await nextWorks(await open({ bare: true }));
      }, { listen: "inet:0@127.0.0.1" });
    });
  }
}

/** How many sockets are at work at a time. */
const BATCH = 50;

/** Sends so many bytes of the session and ends it; settled when the socket is gone. */
function endAt(
  target: { host: string; port: number },
  at: number,
  ending: "half-close" | "close" | "reset",
): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ ...target, allowHalfOpen: true });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.on("end", () => socket.end());
    socket.resume();
    socket.on("connect", () => {
      socket.write(SESSION.subarray(0, at), () => {
        if (ending === "half-close") socket.end();
        else if (ending === "reset") socket.resetAndDestroy();
        else socket.destroy();
      });
    });
  });
}
