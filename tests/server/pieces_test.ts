import assert from "node:assert/strict";
import { test } from "node:test";
import type { Filter } from "../../lib/filter/filter.ts";
import { reject, skip } from "../../lib/filter/verdict.ts";
import { join, letters, packet } from "../protocol/support.ts";
import { encoded, EVERYTHING } from "../protocol/support.ts";
import { commands } from "../../lib/protocol/codec.ts";
import { openRaw } from "./raw_socket.ts";
import { served, sleep, until } from "./support.ts";

const CONTENT = Uint8Array.from({ length: 60_000 }, (_, i) => i * 7);
const BODY = packet("B", CONTENT);
const BEGIN = join(encoded(commands.optneg, EVERYTHING), packet("M", "<a>\0"), packet("R", "<b>\0"));

/** Sends a message whose body packet comes in two parts, the second one when the filter has seen the first. */
async function sendInParts(
  filter: Filter<unknown, unknown>,
  use: (answers: () => string, seen: Uint8Array[]) => Promise<void>,
  timeouts: { callback?: number } = {},
): Promise<void> {
  const seen: Uint8Array[] = [];
  const noted: Filter<unknown, unknown> = {
    ...filter,
    body(chunk, context) {
      seen.push(chunk);
      return filter.body?.(chunk, context);
    },
  };
  await served([noted], async ({ server }) => {
    const { socket, received } = await openRaw(server.addresses[0]);
    const answers = () => letters(received());
    socket.write(BEGIN);
    await until(() => answers() === "Occ");
    socket.write(BODY.subarray(0, 30_000));
    await until(() => seen.length > 0);
    assert.equal(answers(), "Occ", "the packet is not over");
    socket.write(BODY.subarray(30_000));
    await use(answers, seen);
    socket.destroy();
  }, { timeouts });
}

test("a filter is shown a body packet that comes in parts, whole and in order", async () => {
  await sendInParts({ name: "1", rcpt() {}, mail() {} }, async (answers, seen) => {
    await until(() => answers() === "Occc");
    assert.deepEqual(join(...seen), CONTENT);
    assert.ok(seen.length > 1);
  });
});

test("a verdict on a part is the answer to the packet, and the filter is shown no more of it", async () => {
  const filter = { name: "1", rcpt() {}, mail() {}, body: () => reject() };
  await sendInParts(filter, async (answers, seen) => {
    await until(() => answers() === "Occr");
    assert.equal(seen.length, 1);
  });
});

test("skip on a part spares the filter the rest of the packet", async () => {
  const filter = { name: "1", rcpt() {}, mail() {}, body: () => skip() };
  await sendInParts(filter, async (answers, seen) => {
    await until(() => answers() === "Occs");
    assert.equal(seen.length, 1);
  });
});

test("the parts of a packet share its time", async () => {
  let calls = 0;
  const filter = {
    name: "1",
    rcpt() {},
    mail() {},
    body: () => {
      calls++;
      return sleep(400);
    },
  };
  await sendInParts(filter, async (answers) => {
    await until(() => answers() === "Occt");
    assert.ok(calls > 1);
  }, { callback: 600 });
});

test("a slow MTA takes nothing of the time for a packet", async () => {
  const filter = { name: "1", rcpt() {}, mail() {}, body: () => Promise.resolve() };
  await served([filter], async ({ server, of }) => {
    const { socket, received } = await openRaw(server.addresses[0]);
    socket.write(join(BEGIN, BODY.subarray(0, 30_000)));
    await sleep(400);
    socket.write(BODY.subarray(30_000));
    await until(() => letters(received()) === "Occc");
    assert.deepEqual(of("filter-error"), []);
    socket.destroy();
  }, { timeouts: { callback: 200 } });
});
