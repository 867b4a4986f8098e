/**
 * All packets of a message, encoded once for the negotiated terms. To send a message, the generator only copies them
 * and puts a queue id in, so that it can be faster than the milter.
 *
 * @module
 */

import { recipientMacros, usualMacros } from "../../../lib/mta/usual_macros.ts";
import { commands } from "../../../lib/protocol/codec.ts";
import { BODY_CHUNK, ProtocolFlag } from "../../../lib/protocol/constants.ts";
import type { AnsweredEvent } from "../../../lib/protocol/events.ts";
import { MtaSession, type NegotiatedTerms } from "../../../lib/protocol/mta_session.ts";
import { toBytes } from "../../../lib/protocol/text.ts";
import { CLIENT, type SampleMessage } from "./sample.ts";

/** The MTA to imitate: its macros, and how it reads a message. */
export const MTA = "postfix";
/** Approximate size of a write, in bytes. */
const PIECE = 262_144;

/** Bytes to write, with the offsets of the queue id in them. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly ids: readonly number[];
}

/** Packets up to the next one that the milter answers. */
export interface Burst {
  /** The event that is answered. */
  readonly event: AnsweredEvent;
  /** The packets. */
  readonly pieces: readonly Piece[];
}

/** What a connection sends. */
export interface Script {
  /** The first message of a connection, with CONNECT and HELO before it. */
  readonly first: readonly Burst[];
  /** Every later message, with ABORT before it, as Postfix sends it. */
  readonly next: readonly Burst[];
}

/**
 * Encodes the packets.
 *
 * @param terms what was negotiated
 * @param sample the message
 * @param queueId the placeholder for the queue id in it
 */
export function makeScript(terms: NegotiatedTerms, sample: SampleMessage, queueId: string): Script {
  const encoder = new ScriptEncoder(terms, sample, queueId);
  return { first: encoder.bursts(true), next: encoder.bursts(false) };
}

/**
 * Replaces the placeholder for the queue id.
 *
 * @param piece what to send
 * @param queueId the queue id, as long as the placeholder
 * @returns a copy, or the shared bytes if they contain no placeholder
 */
export function withQueueId({ bytes, ids }: Piece, queueId: Uint8Array): Uint8Array {
  if (ids.length === 0) return bytes;
  const own = bytes.slice();
  for (const at of ids) own.set(queueId, at);
  return own;
}

class ScriptEncoder {
  readonly #terms: NegotiatedTerms;
  readonly #sample: SampleMessage;
  readonly #queueId: string;
  readonly #macros: ReturnType<typeof usualMacros>;
  #session!: MtaSession;
  #bursts: Burst[] = [];
  #pieces: Piece[] = [];
  /** Bytes of body chunks that are not in a piece yet. */
  #waiting = 0;

  constructor(terms: NegotiatedTerms, sample: SampleMessage, queueId: string) {
    this.#terms = terms;
    this.#sample = sample;
    this.#queueId = queueId;
    // Postfix has no macro for it.
    const messageId = "";
    const subject = {
      mta: MTA,
      sender: sample.from,
      queueId,
      messageId,
      client: CLIENT,
      macros: {},
    } as const;
    this.#macros = usualMacros(subject);
  }

  bursts(first: boolean): readonly Burst[] {
    const session = this.#session = new MtaSession();
    session.terms = this.#terms;
    this.#bursts = [];
    if (first) {
      this.#step("connect", () => session.connect(CLIENT));
      this.#step("helo", () => session.send("helo", commands.helo, { name: toBytes(CLIENT.hostname) }));
    } else {
      session.abort();
    }
    this.#message(session);
    return this.#bursts;
  }

  #message(session: MtaSession): void {
    const { from, to, message: { header, body } } = this.#sample;
    this.#step("mail", () => session.address("mail", `<${from}>`, [`SIZE=${body.length}`]));
    for (const [i, recipient] of to.entries()) {
      // As if no recipient had been refused.
      const macros = recipientMacros(MTA, recipient, i > 0 ? this.#queueId : undefined);
      this.#step("rcpt", () => session.address("rcpt", `<${recipient}>`), macros);
    }
    this.#step("data", () => session.send("data", commands.data, {}));
    const verbatim = (this.#terms.protocol & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
    for (const field of header) {
      const value = verbatim ? field.rawValueBytes : field.valueBytes;
      this.#step("header", () => session.header(field.nameBytes, value));
    }
    this.#step("eoh", () => session.send("eoh", commands.eoh, {}));
    for (let at = 0; at < body.length; at += BODY_CHUNK) {
      const chunk = body.subarray(at, at + BODY_CHUNK);
      this.#step("body", () => session.body(chunk));
      this.#waiting += chunk.length;
      if (this.#waiting >= PIECE) this.#cut();
    }
    this.#step("eom", () => {
      return session.send("eom", commands.bodyeob, { chunk: new Uint8Array(0) });
    });
  }

  #step(event: AnsweredEvent, send: () => boolean, macros?: Readonly<Record<string, string>>): void {
    const session = this.#session;
    if (!session.sends(event)) return;
    // Postfix also sends macros before each header field and body chunk: the queue id alone.
    session.macros(event, { ...this.#macros[event], ...macros });
    if (!send()) return;
    session.awaiting = undefined;
    this.#cut();
    this.#bursts.push({ event, pieces: this.#pieces });
    this.#pieces = [];
  }

  #cut(): void {
    this.#waiting = 0;
    const bytes = this.#session.takeOutput();
    if (bytes.length > 0) this.#pieces.push({ bytes, ids: placesOf(toBytes(this.#queueId), bytes) });
  }
}

function placesOf(wanted: Uint8Array, bytes: Uint8Array): number[] {
  const places: number[] = [];
  const [first] = wanted;
  if (first === undefined) return places;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) places.push(at);
  }
  return places;
}
