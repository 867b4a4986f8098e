import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError } from "../../lib/protocol/errors.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { join, packet } from "../protocol/support.ts";
import { openRaw } from "./raw_socket.ts";
import { gate, MESSAGE, served, until } from "./support.ts";

const OPTNEG = packet("O", Uint8Array.of(0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff));

for (
  const [what, bytes, code] of [
    ["an HTTP request", toBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "packet-too-long"],
    ["a TLS hello", Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), "packet-too-long"],
    ["a length of 0", Uint8Array.of(0, 0, 0, 0), "packet-empty"],
    ["CONNECT before negotiation", packet("C", "h\0U"), "packet-unexpected"],
    ["version 1", packet("O", Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)), "negotiation-failed"],
    ["half an offer", packet("O", "\0\0\0\x06"), "packet-malformed"],
    ["two offers", join(OPTNEG, OPTNEG), "packet-unexpected"],
    ["a letter of no packet", join(OPTNEG, packet("Z")), "packet-unknown"],
    ["a macro packet without a letter", join(OPTNEG, packet("D")), "packet-malformed"],
    ["a CONNECT that is cut", join(OPTNEG, packet("C", "h")), "packet-malformed"],
    ["a MAIL without its NUL", join(OPTNEG, packet("M", "<a>")), "packet-malformed"],
    [
      "a header without a value, in a message",
      join(OPTNEG, packet("M", "<a>\0"), packet("L", "A\0")),
      "packet-malformed",
    ],
    [
      "a packet that is too long",
      join(OPTNEG, packet("M", "<a>\0"), Uint8Array.of(0, 1, 0, 1, 0x42)),
      "packet-too-long",
    ],
  ] as [string, Uint8Array, string][]
) {
  test(`${what} ends its own connection, with its states let go of, and no other`, async () => {
    const log: string[] = [];
    await served([{
      name: "1",
      verdicts: [],
      mail: () => void log.push("mail"),
      header: () => {},
      body: () => {},
      abort: () => void log.push("abort"),
      close: () => void log.push("close"),
    }], async ({ open, of, server, address, first }) => {
      const good = await open();
      await good.mail("a");
      const bad = await openRaw(address);
      bad.socket.write(bytes);
      await bad.closed;
      await until(() => server.connections === 1);
      const { error, connection } = first("protocol-error");
      assert.ok(error instanceof ProtocolError, String(error));
      assert.deepEqual([error.code, connection], [code, 2]);
      assert.equal(of("protocol-error").length, 1);
      assert.match(error.message, /^[^\n]+$/);
      const { lost } = first("disconnected");
      assert.equal(lost, false);
      assert.equal(log.filter((entry) => entry === "close").length, 1);
      assert.deepEqual((await good.message(MESSAGE, { to: ["b"] })).answer.verdict, "continue");
      const inMessage = what.includes("message") || what === "a packet that is too long";
      // The good connection's MAIL inside a message makes one abort.
      assert.equal(log.filter((entry) => entry === "abort").length, inMessage ? 2 : 1);
    });
  });
}

test("a length that cannot be, while filters negotiate, ends its own connection, and nothing throws", async () => {
  const [began, slow] = [gate(), gate()];
  let asked = 0;
  const negotiate = () => {
    if (++asked > 1) return undefined;
    began.open();
    return slow.opened;
  };
  await served([{ name: "1", negotiate, eom: () => {} }], async ({ open, of, address }) => {
    const bad = await openRaw(address);
    bad.socket.write(OPTNEG);
    await began.opened;
    bad.socket.write(Uint8Array.of(0x30, 0x30, 0, 0x52, 0x44));
    const good = await open();
    slow.open();
    await bad.closed;
    assert.deepEqual(of("protocol-error").map(({ error }) => (error as ProtocolError).code), [
      "packet-too-long",
    ]);
    assert.equal((await good.message(MESSAGE, { to: ["b"] })).answer.verdict, "continue");
  });
});

test("the answers before a malformed packet still leave", async () => {
  await served([{ name: "1", helo: () => {} }], async ({ address }) => {
    const raw = await openRaw(address);
    raw.socket.write(join(OPTNEG, packet("H", "h\0"), packet("Z")));
    await raw.closed;
    const received = raw.received();
    assert.deepEqual([...received.slice(-5)], [...packet("c")]);
    assert.equal(received[4], "O".charCodeAt(0));
  });
});

test("bytes one at a time make the same session", async () => {
  const log: string[] = [];
  await served([{
    name: "1",
    mail: ({ address }) => void log.push(address),
    header: ({ name, value }) => void log.push(`${name}: ${value}`),
    eom: () => {},
  }], async ({ server, address }) => {
    const raw = await openRaw(address);
    raw.socket.setNoDelay(true);
    const stream = join(OPTNEG, packet("M", "<a>\0"), packet("L", "A\0 b\0"), packet("E"), packet("Q"));
    for (const byte of stream) {
      raw.socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve));
    }
    await raw.closed;
    assert.deepEqual(log, ["a", "A: b"]);
    await server.stop();
  });
});
