/**
 * The milter dialogue on one connection: passes the MTA's events to the chain and sends the chain's answers back.
 *
 * @module
 */

import type { Chain } from "../chain/chain.ts";
import type { ChainConnection } from "../chain/chain_connection.ts";
import type { ConnectionHost, MessageEnd } from "../chain/connection_host.ts";
import { run, type Steps } from "../chain/maybe_promise.ts";
import type { LogFields, LogLevel } from "../filter/logger.ts";
import type { ConnectionReport, LeftOut, MessageReport } from "../filter/report.ts";
import { tempfail, type Verdict } from "../filter/verdict.ts";
import type { Spool } from "../message/spool.ts";
import { type EventName, ProtocolFlag } from "../protocol/constants.ts";
import { commandOf } from "../protocol/events.ts";
import { FilterSession } from "../protocol/filter_session.ts";
import { MOST_HOPS } from "../protocol/hops.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { Needs, Offer } from "../protocol/negotiate.ts";
import { encodeReply } from "../protocol/reply.ts";
import { VERDICT_LETTERS } from "../protocol/verdict_scope.ts";
import { askChain } from "./chain_events.ts";
import { type BodyOutlet, writeBody, writeChanges } from "./change_packets.ts";
import type { ServerEvent, ServerLimits } from "./server_events.ts";

/**
 * Without a reply to DATA, Postfix keeps sending small packets, which Nagle's algorithm holds back until our side
 * acknowledges the previous ones. A kernel with nothing to send delays that acknowledgement by 40 ms. The reply to DATA
 * carries it.
 */
const UNANSWERED_DATA = ProtocolFlag.NO_DATA | ProtocolFlag.NR_DATA;

/** What a dialogue needs from its server. */
export interface DialogueOwner {
  /** The filters. */
  readonly chain: Chain;
  /** Whether to report each message and each refused connection. */
  readonly reports: boolean;
  /** The service name that it passes to filters that call other milters, see `hops.ts`. */
  readonly service: string;
  /** Emits an event for the log. */
  emit(event: ServerEvent): void;
  /** Called for every line in which a filter explains its decision, if explanations are wanted. */
  readonly explained?: ((filter: string, text: string) => void) | undefined;
  /** Called for everything that a filter does not apply to, if that is wanted. */
  readonly leftOut?: ((leftOut: LeftOut) => void) | undefined;
  /** Called when a message exceeds a limit. */
  limitReached(limit: keyof ServerLimits, most: number, peer: string, queueId?: string): void;
  /** Called when a connection was refused because it is part of a loop; `listener` is the address that it came to. */
  looped(connection: number, peer: string, listener: string | undefined, hops: number): void;
  /** Called when a callback blocked the whole process. */
  stalled(filter: string, event: EventName, milliseconds: number, queueId?: string): void;
}

/** The connection of a dialogue. */
export interface DialogueLine extends BodyOutlet {
  /** Its number, for logs. */
  readonly id: number;
  /** The address of the other side. */
  readonly peer: string;
  /** The address that the MTA connected to; undefined if there is none. */
  readonly listener: string | undefined;
  /** Whether it uses TCP. */
  readonly overTcp: boolean;
  /** Ends the connection after the current event. */
  hangUp(): void;
}

/** The dialogue of one connection. */
export class Dialogue implements ConnectionHost {
  /** The protocol session. */
  readonly session: FilterSession = new FilterSession();
  readonly #owner: DialogueOwner;
  readonly #line: DialogueLine;
  /** Created for the first event: a connection on which nothing was sent has no filters. */
  #created: ChainConnection | undefined;
  /** Whether unread packets may be waiting, as reading was paused. */
  #behind = false;
  /** Whether lines without a queue id were logged since the SMTP client connected. */
  #wroteEarly = false;
  /** Whether the changes to a message are being sent: no progress packets may come between. */
  #answering = false;

  /**
   * @param owner the server
   * @param line the connection
   */
  constructor(owner: DialogueOwner, line: DialogueLine) {
    this.#owner = owner;
    this.#line = line;
  }

  get #chain(): ChainConnection {
    return this.#created ??= this.#owner.chain.connection(this);
  }

  // Shared by all connections, since the chain calls them as methods: separate functions for each would take memory.

  get onMessage(): ((report: MessageReport) => void) | undefined {
    return this.#owner.reports ? this.#emitMessage : undefined;
  }

  get onRefusal(): ((report: ConnectionReport) => void) | undefined {
    return this.#owner.reports ? this.#emitRefusal : undefined;
  }

  get onExplain(): ((filter: string, text: string) => void) | undefined {
    return this.#owner.explained;
  }

  get onLeftOut(): ((leftOut: LeftOut) => void) | undefined {
    return this.#owner.leftOut;
  }

  #emitMessage(report: MessageReport): void {
    const early = this.#wroteEarly ? { hasEarlierLines: true } : {};
    this.#owner.emit({ type: "message", connection: this.#line.id, report, ...early });
  }

  #emitRefusal(report: ConnectionReport): void {
    this.#owner.emit({ type: "refused", connection: this.#line.id, report });
  }

  get listener(): string | undefined {
    return this.#line.listener;
  }

  get refusedProtocol(): number {
    return this.#line.overTcp ? UNANSWERED_DATA : 0;
  }

  get hops(): readonly string[] {
    return [...this.session.hops, this.#owner.service];
  }

  macro(name: string, shows?: MacroFilter): string | undefined {
    return this.session.macros.get(name, shows);
  }

  macrosOf(event: EventName, shows?: MacroFilter): readonly Uint8Array[] {
    return this.session.macros.pairs(commandOf(event), shows);
  }

  onLimit(limit: keyof ServerLimits, most: number): void {
    this.#owner.limitReached(limit, most, this.#line.peer, this.macro("i"));
  }

  onStall(filter: string, event: EventName, milliseconds: number): void {
    this.#owner.stalled(filter, event, milliseconds, this.macro("i"));
  }

  onFilterError(
    filter: string,
    event: EventName | "negotiate",
    error: unknown,
    onError: string,
    queueId: string | undefined,
  ): void {
    const connection = this.#line.id;
    this.#wroteEarly ||= queueId === undefined;
    this.#owner.emit({ type: "filter-error", connection, queueId, filter, event, error, onError });
  }

  onLog(
    filter: string,
    level: LogLevel,
    text: string,
    fields: LogFields,
    queueId: string | undefined,
  ): void {
    const connection = this.#line.id;
    // Readers of debug lines see everything that happens on the connection anyway.
    this.#wroteEarly ||= queueId === undefined && level !== "debug";
    this.#owner.emit({ type: "filter-log", connection, queueId, filter, level, text, fields });
  }

  /** The queue id of the message that is open, if there is one and the MTA has sent it. */
  get queueId(): string | undefined {
    return this.session.messageOpen ? this.macro("i") : undefined;
  }

  /** Call when reading from the MTA is paused. */
  keepsWaiting(): void {
    this.#behind = true;
  }

  /**
   * Advances to the next event.
   *
   * @returns false when more bytes are needed
   * @throws {ProtocolError} if the MTA violates the protocol
   */
  next(): boolean {
    if (this.session.next()) return true;
    if (!this.#behind) this.#created?.caughtUp();
    return false;
  }

  /**
   * Passes the current event to the chain and sends its answer.
   *
   * @returns a promise if the answer is pending
   * @throws {ProtocolError} if the MTA violates the protocol
   */
  handle(): void | Promise<void> {
    const { session } = this;
    switch (session.event) {
      case "eom":
        return this.#endOfMessage();
      case "abort":
        this.#behind = false;
        return this.#chain.abort();
      case "close":
        return this.#close();
      case "negotiate":
        return this.#negotiate();
      default:
        return this.#answer(askChain(session.event, session, this.#chain));
    }
  }

  /** Sends a progress packet, if the MTA is waiting for the end of a message. */
  progress(): void {
    if (this.#answering) return;
    this.session.progress();
    this.#line.flush();
  }

  /**
   * Checks for a loop if the hops arrive while the filters are already negotiating.
   *
   * @returns whether there is a loop; if so, the MTA has been told
   */
  findsLoop(): boolean {
    const { session } = this;
    if (session.agreement || !session.offer || session.hops.length > 0) return false;
    session.lookForHops();
    if (!this.#leadsBack) return false;
    this.#tellOfLoop();
    return true;
  }

  /** Tells running filters that nobody waits for them any more. */
  cancel(reason: string): void {
    this.#created?.cancel(reason);
  }

  /** Calls the abort and close callbacks, then releases everything. */
  close(): void | Promise<void> {
    return this.#chain.close();
  }

  #answer(verdict: Verdict | Promise<Verdict>): void | Promise<void> {
    if (verdict instanceof Promise) return verdict.then((settled) => this.#send(settled));
    this.#send(verdict);
  }

  #send(verdict: Verdict): void {
    if (this.#line.over) return;
    // The MTA waits for this reply and sends nothing before it, so nothing is unread.
    if (this.session.wantsReply) this.#behind = false;
    if (verdict.encodedReply) this.session.answerReply(verdict.encodedReply);
    else this.session.answer(VERDICT_LETTERS[verdict.kind]);
  }

  #negotiate(): void | Promise<void> {
    if (this.#leadsBack) return this.#refuseLoop();
    const needs = this.#chain.negotiate(this.session.offer as Offer);
    if (needs instanceof Promise) return needs.then((settled) => this.#agree(settled));
    this.#agree(needs);
  }

  #agree(needs: Needs): void {
    if (!this.#line.over) this.session.answerNegotiation(needs);
  }

  /** Whether the connection came from this service itself, or through too many services. */
  get #leadsBack(): boolean {
    const { hops } = this.session;
    return hops.length >= MOST_HOPS || hops.includes(this.#owner.service);
  }

  /** Ends a loop: each further round would open another connection. */
  async #refuseLoop(): Promise<void> {
    this.#tellOfLoop();
    await this.#line.allSent();
    this.#line.hangUp();
  }

  #tellOfLoop(): void {
    const { id, peer, listener } = this.#line;
    this.#owner.looped(id, peer, listener, this.session.hops.length);
    this.session.answerReply(LOOP);
    this.#line.flush();
  }

  /** The SMTP client has left; another one may follow on the same connection. */
  #close(): void | Promise<void> {
    if (this.session.ended) return this.#line.hangUp();
    const chain = this.#chain;
    const pending = chain.close();
    this.#created = chain.renew();
    this.#wroteEarly = false;
    return pending;
  }

  #endOfMessage(): void | Promise<void> {
    const { bytes, start, end } = this.session;
    const chain = this.#chain;
    if (start < end) {
      const last = chain.body(bytes.subarray(start, end));
      if (last instanceof Promise) return last.then(() => chain.eom()).then((end) => this.#sendEnd(end));
    }
    const done = chain.eom();
    if (done instanceof Promise) return done.then((end) => this.#sendEnd(end));
    return this.#sendEnd(done);
  }

  #sendEnd(end: MessageEnd): void | Promise<void> {
    const { body, verdict } = end;
    if (this.#line.over) return body?.close();
    writeChanges(this.session, end);
    // A new body comes last: nothing may come between its packets, and sending it may take long.
    return body ? run(this.#sendBody(body, verdict)) : this.#send(verdict);
  }

  *#sendBody(body: Spool, verdict: Verdict): Steps<void> {
    this.#answering = true;
    try {
      yield* writeBody(this.session, body, this.#line);
    } catch (error) {
      // The MTA discards the changes to a message that it must refuse.
      const connection = this.#line.id;
      const queueId = this.macro("i");
      this.#owner.emit({ type: "spool-failed", connection, queueId, error: error as Error });
      return this.#send(tempfail());
    } finally {
      body.close();
      this.#answering = false;
    }
    this.#send(verdict);
  }
}

/** The reply to a service in a loop. It sent its hops, so it understands the reply. RFC 3463, X.4.6. */
const LOOP = encodeReply({
  code: 451,
  enhanced: "4.4.6",
  lines: ["Milter loop: this milter leads back to a service that asks it"],
});
