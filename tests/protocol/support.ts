import { encode, type PacketSpec, type PacketValues } from "../../lib/protocol/codec.ts";
import { FilterSession, type SessionEvent } from "../../lib/protocol/filter_session.ts";
import { FrameWriter } from "../../lib/protocol/frame_writer.ts";
import { commands } from "../../lib/protocol/codec.ts";
import { Reply } from "../../lib/protocol/constants.ts";
import type { Needs, Offer } from "../../lib/protocol/negotiate.ts";
import { toBytes } from "../../lib/protocol/text.ts";

/** Every way to cut bytes in two, the whole, and one byte at a time. */
export function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at++) {
    yield [bytes.slice(0, at), bytes.slice(at)].filter(({ length }) => length > 0);
  }
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A packet written by its letter and payload alone. */
export function packet(letter: string, payload: string | Uint8Array = ""): Uint8Array {
  const bytes = toBytes(payload);
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, bytes.length + 1);
  return join(new Uint8Array(length.buffer), toBytes(letter), bytes);
}

export function encoded<S extends PacketSpec>(spec: S, values: PacketValues<S>): Uint8Array {
  const writer = new FrameWriter();
  encode(writer, spec, values);
  return writer.take();
}

export const EVERYTHING: Offer = { version: 6, actions: 0x1ff, protocol: 0x1fffff };

/** A filter session past negotiation, on terms of the test's choice. */
export function negotiated(protocol = 0, offer: Offer = EVERYTHING): FilterSession {
  const session = new FilterSession();
  session.receive(encoded(commands.optneg, offer));
  session.next();
  session.answerNegotiation({ actions: 0, protocol } satisfies Needs);
  session.takeOutput();
  return session;
}

/** What one step or several made: events by name, each answer by its letter. */
export function steps(
  session: FilterSession,
  bytes: Uint8Array,
  answer: (event: SessionEvent) => Parameters<FilterSession["answer"]>[0] = () => Reply.CONTINUE,
): string[] {
  const seen: string[] = [];
  session.receive(bytes);
  while (session.next()) {
    seen.push(session.event);
    session.answer(answer(session.event));
  }
  return seen;
}

/** The letters of the packets that wait for the MTA. */
export function letters(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4 + view.getUint32(at)) {
    text += String.fromCharCode(view.getUint8(at + 4));
  }
  return text;
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
