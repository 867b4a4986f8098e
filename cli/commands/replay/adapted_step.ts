/**
 * Adapts a recorded packet to what was negotiated in the replay.
 *
 * @module
 */

import { BODY_CHUNK, Command, maxDataOf, ProtocolFlag } from "../../../lib/protocol/constants.ts";
import type { Terms } from "../../../lib/protocol/exchanges.ts";
import { FrameWriter } from "../../../lib/protocol/frame_writer.ts";
import type { RecordedStep } from "./recording.ts";

const SPACE = 0x20;

/**
 * Returns the packets to send for a recorded one: the same packet, unless the new terms require something else.
 *
 * @param step the recorded packet
 * @param recorded the terms negotiated in the trace
 * @param now the terms negotiated in the replay
 */
export function adaptedPackets(
  step: RecordedStep,
  recorded: Terms | undefined,
  now: Terms,
): readonly Uint8Array[] {
  switch (step.command) {
    case Command.HEADER:
      return [adaptedHeader(step, recorded?.protocol ?? 0, now.protocol)];
    case Command.BODY:
      return adaptedBody(step, maxDataOf(now.protocol));
    case Command.BODYEOB:
      return [now.protocol & ProtocolFlag.NO_BODY ? packet(step.command, []) : step.bytes];
    default:
      return [step.bytes];
  }
}

/** With or without the space before the value, as negotiated in the replay. */
function adaptedHeader({ command, bytes, payload }: RecordedStep, recorded: number, now: number): Uint8Array {
  const flag = ProtocolFlag.HEADER_LEADING_SPACE;
  const nul = payload.indexOf(0);
  if (((recorded ^ now) & flag) === 0 || nul < 0) return bytes;
  const name = payload.subarray(0, nul + 1);
  const value = payload.subarray(nul + 1);
  if (now & flag) return packet(command, [name, Uint8Array.of(SPACE), value]);
  return value[0] === SPACE ? packet(command, [name, value.subarray(1)]) : bytes;
}

/** In chunks, if the trace has larger packets than the replay allows. `limit` is in bytes. */
function adaptedBody({ command, bytes, payload }: RecordedStep, limit: number): Uint8Array[] {
  if (payload.length <= limit) return [bytes];
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += BODY_CHUNK) {
    pieces.push(packet(command, [payload.subarray(at, at + BODY_CHUNK)]));
  }
  return pieces;
}

function packet(command: number, parts: readonly Uint8Array[]): Uint8Array {
  const writer = new FrameWriter();
  writer.begin(command);
  for (const part of parts) writer.raw(part);
  writer.end();
  return writer.take();
}
