import assert from "node:assert/strict";
import { test } from "node:test";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { commands } from "../../lib/protocol/codec.ts";
import { encoded, EVERYTHING, join, letters, packet } from "../protocol/support.ts";
import { openRaw } from "./raw_socket.ts";
import { served, until } from "./support.ts";

const CONTENT = Uint8Array.from({ length: 60_000 }, (_, i) => i * 7);
const BODY = packet("B", CONTENT);
const BEGIN = join(encoded(commands.optneg, EVERYTHING), packet("M", "<a>\0"), packet("R", "<b>\0"));

/** Sends a body packet in two parts, the second one once the filter has seen the first or has nothing to see yet. */
async function sendInParts(verdicts: readonly VerdictEvent[], seenBefore: number): Promise<Uint8Array[]> {
  const seen: Uint8Array[] = [];
  const filter = {
    name: "1",
    verdicts,
    mail() {},
    rcpt() {},
    body: (chunk: Uint8Array) => void seen.push(chunk),
    eom() {},
  };
  await served([filter], async ({ address }) => {
    const { socket, received } = await openRaw(address);
    socket.write(BEGIN);
    await until(() => letters(received()).startsWith("O"));
    socket.write(BODY.subarray(0, 30_000));
    await until(() => seen.length >= seenBefore);
    socket.write(BODY.subarray(30_000));
    socket.write(packet("E"));
    await until(() => letters(received()).endsWith(verdicts.length > 0 ? "cccc" : "c"));
    socket.destroy();
  });
  return seen;
}

test("a filter without verdicts is shown a body packet as it comes, whole and in order", async () => {
  const seen = await sendInParts([], 1);
  assert.ok(seen.length > 1);
  assert.deepEqual(join(...seen), CONTENT);
});

test("a filter whose verdict the MTA waits for is shown each body packet whole", async () => {
  const seen = await sendInParts(["mail", "rcpt", "body", "eom"], 0);
  assert.equal(seen.length, 1);
  assert.deepEqual(seen[0], CONTENT);
});
