/**
 * The filter side of one milter connection, without any I/O: bytes go in by {@linkcode FilterSession.receive}, events
 * come out by {@linkcode FilterSession.next}, answers go in by `answer…`, and bytes come out by {@linkcode
 * FilterSession.takeOutput}.
 *
 * @module
 */

import { byteAt } from "./bytes.ts";
import { ActionFlag, Command, type EventName, maxDataOf, ProtocolFlag, Reply } from "./constants.ts";
import { commands, decode, encode, type PacketSpec, type PacketValues, replies } from "./codec.ts";
import { letter, ProtocolError } from "./errors.ts";
import { ANSWERED_EVENTS, EventBit, type EventSpec } from "./events.ts";
import { FrameDecoder } from "./frame_decoder.ts";
import { FrameWriter } from "./frame_writer.ts";
import { readHops } from "./hops.ts";
import { macroLists, MacroStore } from "./macros.ts";
import { agree, type Agreement, type Needs, type Offer } from "./negotiate.ts";
import { eventsWhere, VERDICT_LETTERS, type VerdictKind, type VerdictLetter } from "./verdict_scope.ts";

const NO_HOPS: readonly string[] = [];

/** The events that {@linkcode FilterSession.next} can step to. */
export type SessionEvent = "negotiate" | EventName;

/** The stage of the session: before its first event, then the last event of the connection or of the message. */
const Stage = { NEW: -2, NEGOTIATED: -1, ...EventBit } as const;

const ROWS: (EventSpec | undefined)[] = [];
for (const spec of ANSWERED_EVENTS) ROWS[spec.command] = spec;

/** The events that end their message with a verdict, as bits, by the verdict's letter. */
const ENDS_MESSAGE = new Uint16Array(256);
for (const kind of Object.keys(VERDICT_LETTERS) as VerdictKind[]) {
  ENDS_MESSAGE[VERDICT_LETTERS[kind]] = eventsWhere(kind, "message");
}

/**
 * The filter side's state machine.
 *
 * An MTA may send events out of sequence (Postfix sends RCPT after a rejected DATA). Such a packet never becomes an
 * event, but it is answered, since the MTA waits: with tempfail inside a message, whose content would otherwise bypass
 * every filter; with continue elsewhere. If it cuts a message short, an `abort` event follows.
 */
export class FilterSession {
  /** The macros in force. */
  readonly macros: MacroStore = new MacroStore();
  /** The current event, valid after {@linkcode next} returned true. */
  event: SessionEvent = "close";
  /** Whether the current event is to be answered. */
  wantsReply = false;
  /** Whether a message is open: a filter was told of it and it has not ended. */
  messageOpen = false;
  /** Whether the MTA sent QUIT; nothing follows. */
  ended = false;
  /** What the MTA offered, once it has. */
  offer: Offer | undefined;
  /** The services that the connection came through, if the last of them sent them with its offer; see `hops.ts`. */
  hops: readonly string[] = NO_HOPS;
  /** The agreement, once there is one. */
  agreement: Agreement | undefined;

  readonly #decoder = new FrameDecoder();
  readonly #output = new FrameWriter();
  #protocol = 0;
  #stage: number = Stage.NEW;
  /** The bit of the last packet that can be answered. */
  #bit = 0;
  /** Whether the current packet must be processed again, after the abort that it caused. */
  #again = false;
  /**
   * Whose macros are dropped at the next step: they stay valid until the event that ends their scope has been
   * processed.
   */
  #outdated: "none" | "message" | "connection" = "none";

  /** The number of bytes that are held but not processed yet. */
  get buffered(): number {
    return this.#decoder.buffered;
  }

  /**
   * Whether header values are sent unchanged after the colon, in both directions; otherwise a space is put before them.
   */
  get verbatimValues(): boolean {
    return (this.#protocol & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
  }

  /** Whether a recipient can be added with ESMTP arguments. */
  get takesRcptArguments(): boolean {
    return ((this.agreement?.actions ?? 0) & ActionFlag.ADD_RCPT_PAR) !== 0;
  }

  /** How many bytes wait in {@linkcode takeOutput}. */
  get outputLength(): number {
    return this.#output.length;
  }

  /** Takes bytes from the MTA, which must not be written to again: events are views of them. */
  receive(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /**
   * Steps to the next event. The previous one must have been answered if it wanted a reply.
   *
   * @returns false when more bytes are needed
   * @throws {ProtocolError} if the MTA violates the protocol; the connection cannot continue
   */
  next(): boolean {
    if (this.#outdated !== "none") this.#dropMacros();
    if (this.#again) {
      this.#again = false;
      if (this.#step()) return true;
    }
    while (!this.ended && this.#decoder.next()) {
      if (this.#step()) return true;
    }
    return false;
  }

  /**
   * Checks whether hops have arrived after the offer, which is not answered yet. They are sent together, but may be
   * delivered separately.
   */
  lookForHops(): void {
    const packet = this.#decoder.ahead(Command.MACRO);
    this.hops = packet && readHops(packet.bytes, packet.start, packet.end) || NO_HOPS;
  }

  /** The fields of the current event by its row of `commands`: views that are valid until the next step. */
  fields<S extends PacketSpec>(spec: S): PacketValues<S> {
    return decode(spec, this.#decoder.bytes, this.#decoder.start, this.#decoder.end);
  }

  /** The bytes that contain the payload of the current event. */
  get bytes(): Uint8Array {
    return this.#decoder.bytes;
  }

  /** Where that payload begins. */
  get start(): number {
    return this.#decoder.start;
  }

  /** Where that payload ends. */
  get end(): number {
    return this.#decoder.end;
  }

  /**
   * Answers the `negotiate` event.
   *
   * @throws {ProtocolError} `negotiation-failed` if offer and needs do not fit
   */
  answerNegotiation(needs: Needs): Agreement {
    if (!this.offer) throw new Error("There is no offer to answer");
    const { offer, agreement, answer } = negotiated(this.offer, needs);
    this.offer = offer;
    this.agreement = agreement;
    this.#protocol = agreement.protocol;
    this.#decoder.maxData = maxDataOf(agreement.protocol);
    // If no answer to a packet is expected, it need not be assembled, which would copy it.
    if (agreement.protocol & ProtocolFlag.NR_BODY) this.#decoder.inPieces = Command.BODY;
    this.#stage = Stage.NEGOTIATED;
    this.#output.packets(answer);
    return agreement;
  }

  /** Answers the current event with an empty packet. Nothing is sent if no reply is wanted. */
  answer(verdict: VerdictLetter): void {
    if (!this.wantsReply) return;
    this.#output.empty(verdict);
    this.#answered(verdict);
  }

  /** Answers the current event with an SMTP reply, as `encodeReply` made it. Nothing is sent if no reply is wanted. */
  answerReply(text: Uint8Array): void {
    if (!this.wantsReply) return;
    encode(this.#output, replies.replyCode, { text });
    this.#answered(text[0] === 0x34 ? Reply.TEMPFAIL : Reply.REJECT);
  }

  /** Sends an action: one of the rows of `replies` that change a message. Allowed only at `eom`, before its answer. */
  act<S extends PacketSpec>(spec: S, values: PacketValues<S>): void {
    if (this.event !== "eom" || !this.wantsReply) {
      throw new Error(`Cannot send ${spec.name}: not at end of message`);
    }
    encode(this.#output, spec, values);
  }

  /**
   * Tells the MTA that the end of the message takes longer, if it is waiting for that: at `eom`, and before `eom` if
   * only events without replies precede an `eom` that has already arrived. Sendmail drops a filter that sends progress
   * at any other time. Never call it between the packets of a new body, which Postfix requires to be consecutive.
   */
  progress(): void {
    const waits = this.event === "eom"
      ? this.wantsReply
      : !this.wantsReply && this.#decoder.holds(Command.BODYEOB);
    if (waits) this.#output.empty(Reply.PROGRESS);
  }

  /** All bytes for the MTA so far. */
  takeOutput(): Uint8Array {
    return this.#output.take();
  }

  #dropMacros(): void {
    if (this.#outdated === "message") this.macros.endMessage();
    else this.macros.endConnection();
    this.#outdated = "none";
  }

  /** Processes the current packet; returns true if it becomes an event. */
  #step(): boolean {
    const command = this.#decoder.command;
    const row = ROWS[command];
    if (row === undefined) return this.#control(command);
    if (this.#stage === Stage.NEW) throw unexpected(command, "before option negotiation");
    this.wantsReply = row.nr === 0 || (this.#protocol & row.nr) === 0;
    const stage = this.#bit = row.bit;
    // It may come at any time, and changes nothing.
    if (stage === Stage.unknown) {
      this.event = row.name;
      return true;
    }
    if (stage <= Stage.mail ? this.#beginsConnectionStage(stage) : this.#continuesMessage(stage)) {
      this.#stage = stage;
      if (stage >= Stage.mail) this.messageOpen = true;
      if (stage === Stage.mail) this.macros.beginMessage();
      this.event = row.name;
      return true;
    }
    if (this.messageOpen) {
      // Out of sequence: the current message is over; then the packet is processed again without it.
      this.#again = true;
      this.#abort();
      // The macros for a new MAIL came before it and must stay.
      if (stage < Stage.mail) this.#outdated = "message";
      return true;
    }
    this.answer(stage < Stage.mail ? Reply.CONTINUE : Reply.TEMPFAIL);
    return false;
  }

  #beginsConnectionStage(stage: number): boolean {
    if (this.messageOpen) return false;
    return stage === Stage.connect ? this.#stage === Stage.NEGOTIATED : true;
  }

  #continuesMessage(stage: number): boolean {
    if (!this.messageOpen) {
      // Without MAIL events, a message begins with its first event.
      return (this.#protocol & ProtocolFlag.NO_MAIL) !== 0 && stage <= this.#firstStageOfMessage();
    }
    const repeats = stage === Stage.rcpt || stage === Stage.header || stage === Stage.body;
    return repeats ? stage >= this.#stage : stage > this.#stage;
  }

  #firstStageOfMessage(): number {
    if ((this.#protocol & ProtocolFlag.NO_RCPT) === 0) return Stage.rcpt;
    return this.#protocol & ProtocolFlag.NO_DATA ? Stage.eom : Stage.data;
  }

  #control(command: number): boolean {
    const { bytes, start, end } = this.#decoder;
    switch (command) {
      case Command.MACRO:
        if (start === end) throw malformedMacro();
        if (this.#stage === Stage.NEGOTIATED && readHops(bytes, start, end)) return false;
        this.macros.set(byteAt(bytes, start), bytes, start + 1, end);
        return false;
      case Command.OPTNEG:
        if (this.#stage !== Stage.NEW) throw unexpected(command, "after option negotiation");
        this.offer = this.fields(commands.optneg);
        this.lookForHops();
        this.event = "negotiate";
        this.wantsReply = true;
        return true;
      case Command.ABORT:
        // Postfix sends it after every finished message, and to filters that saw no MAIL.
        if (!this.messageOpen) {
          this.macros.endMessage();
          return false;
        }
        this.#abort();
        this.#outdated = "message";
        return true;
      case Command.QUIT:
        this.ended = true;
        this.event = "close";
        this.wantsReply = false;
        return true;
      case Command.QUIT_NC:
        this.event = "close";
        this.wantsReply = false;
        this.messageOpen = false;
        this.#stage = this.#stage === Stage.NEW ? Stage.NEW : Stage.NEGOTIATED;
        this.#outdated = "connection";
        return true;
      default:
        throw new ProtocolError(
          "packet-unknown",
          letter(command),
          `Unknown packet ${letter(command)} of ${end - start + 1} bytes; not the milter protocol?`,
        );
    }
  }

  #abort(): void {
    this.event = "abort";
    this.wantsReply = false;
    this.messageOpen = false;
    this.#stage = Stage.helo;
  }

  #answered(verdict: VerdictLetter): void {
    this.wantsReply = false;
    if (!this.messageOpen || ((ENDS_MESSAGE[verdict] ?? 0) & this.#bit) === 0) return;
    this.messageOpen = false;
    this.#stage = Stage.helo;
    this.macros.endMessage();
  }
}

/** A negotiation that all connections with the same offer and needs share. */
interface Negotiated {
  readonly offer: Offer;
  readonly agreement: Agreement;
  /** The packet that answers the offer. */
  readonly answer: Uint8Array;
}

/** The last negotiation for each needs: an MTA offers the same on each connection. */
const LAST = new WeakMap<Needs, Negotiated>();

function negotiated(offer: Offer, needs: Needs): Negotiated {
  const last = LAST.get(needs);
  if (last && isSame(last.offer, offer)) return last;
  const agreement = agree(offer, needs);
  const writer = new FrameWriter();
  encode(writer, replies.optneg, { ...agreement, lists: macroLists(agreement.macros) });
  const made = { offer, agreement, answer: writer.take() };
  LAST.set(needs, made);
  return made;
}

function isSame(one: Offer, other: Offer): boolean {
  return one.version === other.version && one.actions === other.actions && one.protocol === other.protocol;
}

function unexpected(command: number, when: string): ProtocolError {
  return new ProtocolError(
    "packet-unexpected",
    letter(command),
    `Unexpected packet ${letter(command)} ${when}`,
  );
}

function malformedMacro(): ProtocolError {
  return new ProtocolError(
    "packet-malformed",
    "'D'",
    "Malformed macro packet ('D', 0 bytes): no command letter",
  );
}
