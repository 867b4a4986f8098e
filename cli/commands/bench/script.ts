/**
 * All packets of a message, laid out once for what a filter agreed to: to send one is then to copy it and put a queue
 * id in, so that the sender can be faster than the filter.
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

/** The MTA in whose place it stands: its macros, and how it reads a message. */
export const MTA = "postfix";
/** Bytes that are written at once, about. */
const PIECE = 262_144;

/** Bytes to write, and where in them the queue id stands. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly ids: readonly number[];
}

/** Packets up to the next one that the filter answers. */
export interface Burst {
  /** The event that is answered. */
  readonly event: AnsweredEvent;
  /** The packets. */
  readonly pieces: readonly Piece[];
}

/** What a connection sends. */
export interface Script {
  /** For the first message of a connection, with CONNECT and HELO before it. */
  readonly first: readonly Burst[];
  /** For each message after it, ABORT before it, as Postfix has it. */
  readonly next: readonly Burst[];
}

/**
 * Lays out the packets.
 *
 * @param terms what the filter agreed to
 * @param sample the message
 * @param queueId what stands for the queue id in it
 */
export function makeScript(terms: NegotiatedTerms, sample: SampleMessage, queueId: string): Script {
  const lay = new Layout(terms, sample, queueId);
  return { first: lay.bursts(true), next: lay.bursts(false) };
}

/**
 * Puts a queue id in.
 *
 * @param piece what to send
 * @param queueId as long as the one that it was laid out with
 * @returns bytes of their own, or the shared ones where there is no id in them
 */
export function withQueueId({ bytes, ids }: Piece, queueId: Uint8Array): Uint8Array {
  if (ids.length === 0) return bytes;
  const own = bytes.slice();
  for (const at of ids) own.set(queueId, at);
  return own;
}

class Layout {
  readonly #terms: NegotiatedTerms;
  readonly #sample: SampleMessage;
  readonly #queueId: string;
  readonly #macros: ReturnType<typeof usualMacros>;
  #session!: MtaSession;
  #bursts: Burst[] = [];
  #pieces: Piece[] = [];
  /** Bytes of packets that no piece has been made of yet. */
  #waiting = 0;

  constructor(terms: NegotiatedTerms, sample: SampleMessage, queueId: string) {
    this.#terms = terms;
    this.#sample = sample;
    this.#queueId = queueId;
    // Of Postfix there is none in the macros.
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
      // As where none is refused.
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
    // Before each header field and each piece of the body too, where they are the queue id alone.
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
