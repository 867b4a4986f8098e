/**
 * The MTA side of one milter connection, without any I/O: the mirror image of `filter_session.ts`, for clients, tests
 * and tools.
 *
 * @module
 */

import {
  BODY_CHUNK,
  Command,
  type EventName,
  MAX_DATA_1M,
  NEWEST_VERSION,
  OLDEST_VERSION,
  protocolFlagsOfVersion,
  Reply,
} from "./constants.ts";
import {
  commands,
  decode,
  encode,
  type MacroList,
  type PacketSpec,
  type PacketValues,
  replies,
} from "./codec.ts";
import { letter, ProtocolError } from "./errors.ts";
import { type AnsweredEvent, specOf } from "./events.ts";
import { answersEvent, wantsEvent } from "./exchanges.ts";
import { type ClientFamily, FAMILY_LETTERS } from "./families.ts";
import { FrameDecoder } from "./frame_decoder.ts";
import { FrameWriter } from "./frame_writer.ts";
import { hopsMacro } from "./hops.ts";
import type { Offer } from "./negotiate.ts";
import { decodeReply, type SmtpReply } from "./reply.ts";
import { toBytes, utf8Text } from "./text.ts";
import { type HangUp, hangUpOf, isAllowed, type VerdictKind, verdictOf } from "./verdict_scope.ts";

/** A filter's answer to the negotiation. */
export interface NegotiatedTerms extends Offer {
  /** The macro lists it asked for. */
  readonly lists: readonly MacroList[];
}

/** A change that a filter requests at end of message. */
export type Modification =
  | { readonly type: "addHeader"; readonly name: Uint8Array; readonly value: Uint8Array }
  | {
    readonly type: "insertHeader" | "changeHeader";
    readonly index: number;
    readonly name: Uint8Array;
    readonly value: Uint8Array;
  }
  | { readonly type: "addRcpt" | "changeFrom"; readonly address: string; readonly args?: string }
  | { readonly type: "deleteRcpt"; readonly address: string }
  | { readonly type: "replaceBody"; readonly chunk: Uint8Array }
  | { readonly type: "quarantine"; readonly reason: string };

/** A filter's answer to an event. */
export interface FilterAnswer {
  /** Its verdict; for an SMTP reply, `reject` if the code is 5yz, otherwise `tempfail`; for a hang-up, `tempfail`. */
  readonly verdict: VerdictKind;
  /** The SMTP reply, if the filter gave its own. */
  readonly reply?: SmtpReply;
  /** What it sent instead of a verdict to end the SMTP connection (`SMFIR_CONN_FAIL`, `SMFIR_SHUTDOWN`). */
  readonly hangUp?: HangUp;
}

/** One packet from the filter. */
export type FilterReply =
  | { readonly type: "negotiated"; readonly terms: NegotiatedTerms }
  | { readonly type: "answer"; readonly answer: FilterAnswer }
  | { readonly type: "progress" }
  | { readonly type: "modification"; readonly modification: Modification };

/** Who an SMTP client is, as CONNECT tells it. */
export interface ConnectInfo {
  /** Its host name, or its address in brackets. */
  readonly hostname: string;
  /** The family of its address; with `unknown`, port and address are left out. */
  readonly family: ClientFamily;
  /** 0 to 65535. @default 0 */
  readonly port?: number;
  /** The address, or the socket's path. @default "" */
  readonly address?: string;
}

/**
 * The MTA side's state machine: it writes each command by the negotiated protocol, knows which are answered, and refuses
 * packets from the filter that are out of place.
 */
export class MtaSession {
  /** The filter's answer to negotiation, once it has arrived. */
  terms: NegotiatedTerms | undefined;
  /** The event whose answer is awaited. */
  awaiting: AnsweredEvent | "negotiate" | undefined;
  /** The filter's last SMTP reply, as received. */
  encodedReply: Uint8Array | undefined;

  readonly #decoder = new FrameDecoder();
  readonly #output = new FrameWriter();
  readonly #offer: Offer;
  /** Whether the filter understands hops, and so may refuse a loop instead of negotiating. */
  #mayRefuse = false;
  readonly #skipsAnywhere: boolean;

  /**
   * @param offer what to offer; by default version 6 with everything but larger packets
   * @param skipsAnywhere whether `SMFIR_SKIP` is accepted as an answer to any event, not only to the body
   */
  constructor(offer: Partial<Offer> = {}, skipsAnywhere: boolean = false) {
    this.#skipsAnywhere = skipsAnywhere;
    const version = offer.version ?? NEWEST_VERSION;
    this.#offer = {
      version,
      actions: offer.actions ?? 0x1ff,
      protocol: offer.protocol ?? protocolFlagsOfVersion(version),
    };
    this.#decoder.maxData = MAX_DATA_1M;
  }

  /**
   * Begins negotiation.
   *
   * @param hops the services that the connection came through, see `hops.ts`; a filter that understands them may answer
   * with a reply that says why it does not negotiate
   */
  negotiate(hops: readonly string[] = []): void {
    encode(this.#output, commands.optneg, this.#offer);
    this.#mayRefuse = hops.length > 0;
    if (this.#mayRefuse) this.macros("connect", hopsMacro(hops));
    this.awaiting = "negotiate";
  }

  /** Whether the filter wants an event. */
  sends(event: EventName): boolean {
    const spec = specOf(event);
    return !spec || !this.terms || wantsEvent(spec, this.terms);
  }

  /** Whether the filter answers an event. */
  expectsReply(event: EventName): boolean {
    const spec = specOf(event);
    return spec !== undefined && answersEvent(spec, this.terms);
  }

  /**
   * Sends macros for the event that follows.
   *
   * @param event the event
   * @param macros values by name, with or without braces; or the bytes of name, value, name, value and so on, as they are
   */
  macros(event: EventName, macros: Readonly<Record<string, string>> | readonly Uint8Array[]): void {
    const spec = specOf(event);
    if (!spec) return;
    const pairs = Array.isArray(macros) ? macros : Object.entries(macros).flatMap(([name, value]) => [
      toBytes(name.length > 1 && !name.startsWith("{") ? `{${name}}` : name),
      toBytes(value),
    ]);
    encode(this.#output, commands.macro, { command: spec.command, pairs });
  }

  /**
   * Sends an event.
   *
   * @returns whether it was sent and will be answered; wait for the answer before the next event
   */
  send<S extends PacketSpec>(event: AnsweredEvent, spec: S, values: PacketValues<S>): boolean {
    if (this.awaiting) {
      throw new Error(`Cannot send ${spec.name}: the answer to ${this.awaiting} is not here yet`);
    }
    if (!this.sends(event)) return false;
    encode(this.#output, spec, values);
    if (!this.expectsReply(event)) return false;
    this.awaiting = event;
    return true;
  }

  /** Sends CONNECT. */
  connect(info: ConnectInfo): boolean {
    return this.send("connect", commands.connect, {
      hostname: toBytes(info.hostname),
      family: FAMILY_LETTERS[info.family],
      port: info.family === "unknown" ? undefined : info.port ?? 0,
      address: info.family === "unknown" ? undefined : toBytes(info.address ?? ""),
    });
  }

  /** Sends MAIL or RCPT; the address with its angle brackets. */
  address(
    event: "mail" | "rcpt",
    address: string | Uint8Array,
    args: readonly (string | Uint8Array)[] = [],
  ): boolean {
    return this.send(event, commands[event], { address: toBytes(address), args: args.map(toBytes) });
  }

  /** Sends HEADER; the value with or without its leading space, as agreed. */
  header(name: Uint8Array, value: Uint8Array): boolean {
    return this.send("header", commands.header, { name, value });
  }

  /** Sends a piece of the body, at most 65535 bytes. */
  body(chunk: Uint8Array): boolean {
    if (chunk.length > BODY_CHUNK) {
      throw new RangeError(`Cannot send ${chunk.length} bytes of body in one packet`);
    }
    return this.send("body", commands.body, { chunk });
  }

  /** Sends ABORT, which is not answered. */
  abort(): void {
    this.#output.empty(Command.ABORT);
    this.awaiting = undefined;
  }

  /** Sends QUIT, or QUIT_NC if the same socket carries the next connection; neither is answered. */
  quit(newConnection = false): void {
    this.#output.empty(newConnection ? Command.QUIT_NC : Command.QUIT);
  }

  /** How many bytes from the filter have not been read yet. */
  get unread(): number {
    return this.#decoder.buffered;
  }

  /** Takes bytes from the filter. */
  receive(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /** All bytes for the filter so far. */
  takeOutput(): Uint8Array {
    return this.#output.take();
  }

  /**
   * The filter's next packet.
   *
   * @returns undefined when more bytes are needed
   * @throws {ProtocolError} if the filter violates the protocol
   */
  next(): FilterReply | undefined {
    if (!this.#decoder.next()) return undefined;
    const command = this.#decoder.command;
    const event = this.awaiting;
    if (event === undefined) throw this.#unexpected("when no answer is due");
    const refuses = this.#mayRefuse && event === "negotiate" && command === Reply.REPLY_CODE;
    if ((command === Reply.OPTNEG) !== (event === "negotiate") && !refuses) {
      throw this.#unexpected(`at ${event}`);
    }
    if (command === Reply.OPTNEG) return this.#negotiated();
    if (command === Reply.REPLY_CODE) {
      const { text } = this.#fields(replies.replyCode);
      const reply = decodeReply(text);
      if (!reply) {
        const shown = JSON.stringify(utf8Text(text));
        throw new ProtocolError(
          "packet-malformed",
          shown,
          `Malformed reply packet: ${shown} is no SMTP reply`,
        );
      }
      this.awaiting = undefined;
      this.encodedReply = text;
      return { type: "answer", answer: { verdict: verdictOf(command, reply.code)!, reply } };
    }
    const verdict = verdictOf(command);
    if (verdict !== undefined) {
      const isStray = verdict === "skip" && !isAllowed(event, verdict);
      if (isStray && !this.#skipsAnywhere) throw this.#unexpected(`at ${event}`);
      this.awaiting = undefined;
      const hangUp = hangUpOf(command);
      return { type: "answer", answer: hangUp === undefined ? { verdict } : { verdict, hangUp } };
    }
    // Meant for the end of message; Postfix accepts it at any event, and libmilter lets a filter send it.
    if (command === Reply.PROGRESS && event !== "negotiate") return { type: "progress" };
    if (event !== "eom") throw this.#unexpected(`at ${event}`);
    return { type: "modification", modification: this.#modification(command) };
  }

  #fields<S extends PacketSpec>(spec: S): PacketValues<S> {
    return decode(spec, this.#decoder.bytes, this.#decoder.start, this.#decoder.end);
  }

  #negotiated(): FilterReply {
    const terms = this.#fields(replies.optneg);
    if (terms.version < OLDEST_VERSION || terms.version > this.#offer.version) {
      throw new ProtocolError(
        "negotiation-failed",
        terms.version,
        `The filter answered version ${terms.version}`,
      );
    }
    const extra = (terms.actions & ~this.#offer.actions) | (terms.protocol & ~this.#offer.protocol);
    if (extra) {
      const bits = `0x${(extra >>> 0).toString(16)}`;
      throw new ProtocolError(
        "negotiation-failed",
        bits,
        `The filter asked for ${bits}, which was not offered`,
      );
    }
    this.terms = terms;
    this.awaiting = undefined;
    return { type: "negotiated", terms };
  }

  #modification(command: number): Modification {
    switch (command) {
      case Reply.ADD_HEADER:
        return { type: "addHeader", ...this.#fields(replies.addHeader) };
      case Reply.INSERT_HEADER:
        return { type: "insertHeader", ...this.#fields(replies.insertHeader) };
      case Reply.CHANGE_HEADER:
        return { type: "changeHeader", ...this.#fields(replies.changeHeader) };
      case Reply.ADD_RCPT:
        return { type: "addRcpt", address: utf8Text(this.#fields(replies.addRcpt).address) };
      case Reply.ADD_RCPT_PAR:
        return { type: "addRcpt", ...addressWithArgs(this.#fields(replies.addRcptPar)) };
      case Reply.CHANGE_FROM:
        return { type: "changeFrom", ...addressWithArgs(this.#fields(replies.changeFrom)) };
      case Reply.DELETE_RCPT:
        return { type: "deleteRcpt", address: utf8Text(this.#fields(replies.deleteRcpt).address) };
      case Reply.REPLACE_BODY:
        return { type: "replaceBody", ...this.#fields(replies.replaceBody) };
      case Reply.QUARANTINE:
        return { type: "quarantine", reason: utf8Text(this.#fields(replies.quarantine).reason) };
      default:
        throw new ProtocolError(
          "packet-unknown",
          letter(command),
          `Unknown packet ${letter(command)} from the filter`,
        );
    }
  }

  #unexpected(where: string): ProtocolError {
    const command = letter(this.#decoder.command);
    return new ProtocolError(
      "packet-unexpected",
      command,
      `Unexpected packet ${command} from the filter ${where}`,
    );
  }
}

function addressWithArgs(
  fields: { readonly address: Uint8Array; readonly args: Uint8Array | undefined },
): { address: string; args?: string } {
  const address = utf8Text(fields.address);
  return fields.args === undefined ? { address } : { address, args: utf8Text(fields.args) };
}
