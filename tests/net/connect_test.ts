// Connecting within a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MilterConnectionError, MtaClient } from "../../lib/mta/client.ts";
import { type AddressError, parseAddress } from "../../lib/net/address.ts";
import { DialTimeoutError, dialWithTimeout } from "../../lib/net/dial_with_timeout.ts";
import { connect, listen } from "../../lib/net/listen.ts";
import { connectInMemory } from "../../lib/net/memory.ts";
import type { Accept, Connection } from "../../lib/net/transport.ts";
import { milterFilter } from "../milter/support.ts";
import { gate, MESSAGE, served } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { NO_FULL_PORT, withFullPort } from "../support/full_port.ts";

const quiet: Accept = () => ({ data() {}, drain() {}, closed() {} });

test("nobody who takes the connection in time", { skip: NO_FULL_PORT, timeout: 20_000 }, async () => {
  await withFullPort(async (address) => {
    const accept = () => assert.fail("nobody is connected");
    await assert.rejects(connect(parseAddress(address), accept, { timeout: 100 }), (error: AddressError) => {
      assert.deepEqual([error.name, error.code, error.value], ["AddressError", "cannot-connect", address]);
      assert.equal(error.systemCode, undefined);
      assert.equal(error.message, `Cannot connect to ${address}: no connection within 100 ms`);
      return error.cause instanceof DialTimeoutError;
    });
    await assert.rejects(MtaClient.open(address, { timeout: 100 }), (error: MilterConnectionError) => {
      assert.ok(error instanceof MilterConnectionError);
      assert.deepEqual([error.code, error.value], ["timeout", "connection"]);
      assert.equal(error.message, `Cannot connect to ${address}: no connection within 100 ms`);
      return true;
    });
  });
});

test(
  "a milter that does not take the connection is left alone for a while",
  { skip: NO_FULL_PORT, timeout: 20_000 },
  async () => {
    await withFullPort(async (address) => {
      await served(
        [await milterFilter(address, { "on-error": "accept", timeout: "100ms" })],
        async ({ open, of }) => {
          const mta = await open();
          for (let i = 0; i < 2; i++) {
            await mta.message(MESSAGE, { from: "a@example.org", to: ["b@example.net"] });
          }
          const late = `Cannot connect to ${address}: no connection within 100 ms`;
          const told = of("filter-error").map(({ error }) => (error as Error).message);
          assert.equal(told.at(-1), `${late}; not tried again yet`);
        },
      );
    });
  },
);

test("a time that is long enough changes nothing", { timeout: 20_000 }, async () => {
  const listener = await listen(parseAddress("inet:0@127.0.0.1"), quiet, assert.fail);
  const connection = await connect(listener.address, quiet, { timeout: 10_000 });
  assert.match(connection.peer, /^127\.0\.0\.1:\d+$/);
  connection.destroy();
  await listener.close();
  await assert.rejects(
    connect(listener.address, quiet, { timeout: 10_000 }),
    /^AddressError: Cannot connect to .*: nobody listens there$/,
  );
});

test("a connection that comes too late is closed, and nobody hears of it", { timeout: 20_000 }, async () => {
  let far: Connection | undefined;
  let tell!: () => void;
  const closed = new Promise<void>((resolve) => tell = resolve);
  const dialling = gate();
  const slow = async (accept: Accept): Promise<Connection> => {
    await dialling.opened;
    return connectInMemory((socket) => {
      far = socket;
      return { data() {}, drain() {}, closed: tell };
    }, accept);
  };
  const accept = () => assert.fail("it is too late");
  const clock = new ManualClock();
  const connecting = dialWithTimeout(slow, accept, 20_000, clock);
  clock.advance(20_000);
  await assert.rejects(connecting, { name: "DialTimeoutError", code: "timeout", value: 20_000 });
  dialling.open();
  await closed;
  assert.ok(far);
});
