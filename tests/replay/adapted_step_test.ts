import assert from "node:assert/strict";
import { test } from "node:test";
import { adaptedPackets } from "../../cli/commands/replay/adapted_step.ts";
import type { RecordedStep } from "../../cli/commands/replay/recording.ts";
import { MAX_DATA_256K, ProtocolFlag } from "../../lib/protocol/constants.ts";
import { eventOf } from "../../lib/protocol/events.ts";
import type { Terms } from "../../lib/protocol/exchanges.ts";
import { join, packet } from "../protocol/support.ts";
import { at } from "../support/present.ts";

function step(bytes: Uint8Array): RecordedStep {
  const [command, payload] = [at(bytes, 4), bytes.subarray(5)];
  return {
    bytes,
    command,
    payload,
    event: eventOf(command),
    message: 1,
    outcome: undefined,
    abandoned: false,
  };
}

const terms = (protocol: number): Terms => ({ version: 6, actions: 0, protocol, lists: [] });
const LEADING = ProtocolFlag.HEADER_LEADING_SPACE;

test("a header value has its leading space where that is agreed now", () => {
  const adapt = (value: string, then: number, now: number) =>
    adaptedPackets(step(packet("L", `Subject\0${value}\0`)), terms(then), terms(now));
  const header = (value: string) => [packet("L", `Subject\0${value}\0`)];
  assert.deepEqual(adapt(" x", LEADING, 0), header("x"));
  assert.deepEqual(adapt("  x", LEADING, 0), header(" x"));
  assert.deepEqual(adapt("x", LEADING, 0), header("x"));
  assert.deepEqual(adapt("", LEADING, 0), header(""));
  assert.deepEqual(adapt("x", 0, LEADING), header(" x"));
  assert.deepEqual(adapt(" x", LEADING, LEADING), header(" x"));
  assert.deepEqual(adapt(" x", 0, 0), header(" x"));
});

test("a larger body packet goes in pieces where it was not agreed on", () => {
  const content = Uint8Array.from({ length: MAX_DATA_256K }, (_, i) => i & 255);
  const whole = step(packet("B", content));
  const large = terms(ProtocolFlag.MAX_DATA_256K);
  assert.deepEqual(adaptedPackets(whole, large, large), [whole.bytes]);
  const pieces = adaptedPackets(whole, large, terms(0));
  assert.deepEqual(pieces.map(({ length }) => length - 5), [65535, 65535, 65535, 65535, 3]);
  assert.deepEqual(join(...pieces.map((piece) => piece.subarray(5))), content);
});

test("end of message brings no body where none is wanted", () => {
  const end = step(packet("E", "the last of it"));
  assert.deepEqual(adaptedPackets(end, terms(0), terms(0)), [end.bytes]);
  assert.deepEqual(adaptedPackets(end, terms(0), terms(ProtocolFlag.NO_BODY)), [packet("E")]);
});

test("everything else is sent as it was", () => {
  for (const bytes of [packet("M", "<a@b>\0SIZE=1\0"), packet("T"), packet("H", "x\0")]) {
    assert.deepEqual(adaptedPackets(step(bytes), terms(0), terms(0x1fffff)), [bytes]);
  }
});
