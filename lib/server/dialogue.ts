/**
 * What is said over one connection: what the MTA says goes to the chain, what the chain answers goes back.
 *
 * @module
 */

import type { Chain } from "../chain/chain.ts";
import type { ChainConnection } from "../chain/chain_connection.ts";
import type { ConnectionHost, MessageEnd } from "../chain/connection_host.ts";
import { run, type Steps } from "../chain/maybe_promise.ts";
import type { ConnectionReport, MessageReport } from "../filter/report.ts";
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
 * Postfix sends on in small packets, and Nagle's algorithm holds them back until ours are acknowledged, which a
 * kernel that has nothing to send puts off for 40 ms. The answer to DATA carries the acknowledgement.
 */
const UNANSWERED_DATA = ProtocolFlag.NO_DATA | ProtocolFlag.NR_DATA;

/** What a dialogue needs of its server. */
export interface DialogueOwner {
  /** The filters. */
  readonly chain: Chain;
  /** Whether anybody wants to be told of each message, and of each connection that is refused. */
  readonly reports: boolean;
  /** The name that it gives a filter which asks a milter of its own, see `hops.ts`. */
  readonly service: string;
  /** Takes an event for the log. */
  emit(event: ServerEvent): void;
  /** Told when a message is more than it may be. */
  limitReached(limit: keyof ServerLimits, most: number, peer: string, queueId?: string): void;
  /** Told when a connection was refused since it leads back here; `listener` is the address that it came to. */
  looped(connection: number, peer: string, listener: string | undefined, hops: number): void;
  /** Told when a callback held the whole process up. */
  stalled(filter: string, event: EventName, milliseconds: number, queueId?: string): void;
}

/** The connection that a dialogue is held over. */
export interface DialogueLine extends BodyOutlet {
  /** Its number, for logs. */
  readonly id: number;
  /** The other end. */
  readonly peer: string;
  /** The address that the MTA connected to; undefined where there is none. */
  readonly listener: string | undefined;
  /** Whether it goes over TCP. */
  readonly overTcp: boolean;
  /** Ends the connection once the event at hand is worked off. */
  hangUp(): void;
}

/** The dialogue of one connection. */
export class Dialogue implements ConnectionHost {
  /** The protocol's side of it. */
  readonly session: FilterSession = new FilterSession();
  readonly onMessage: ((report: MessageReport) => void) | undefined;
  readonly onRefusal: ((report: ConnectionReport) => void) | undefined;
  readonly #owner: DialogueOwner;
  readonly #line: DialogueLine;
  #chain: ChainConnection;
  /** More may have come than was read, since the MTA was kept waiting with it. */
  #behind = false;
  /** The MTA must not be told that work goes on: it is being told the changes of a message. */
  #answering = false;

  /**
   * @param owner the server
   * @param line the connection
   */
  constructor(owner: DialogueOwner, line: DialogueLine) {
    this.#owner = owner;
    this.#line = line;
    if (owner.reports) {
      const connection = line.id;
      this.onMessage = (report) => owner.emit({ type: "message", connection, report });
      this.onRefusal = (report) => owner.emit({ type: "refused", connection, report });
    }
    this.#chain = owner.chain.connection(this);
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

  onFilterError(filter: string, event: EventName | "negotiate", error: unknown, onError: string): void {
    const connection = this.#line.id;
    const queueId = this.macro("i");
    this.#owner.emit({ type: "filter-error", connection, queueId, filter, event, error, onError });
  }

  /** Told when the MTA is kept waiting with what it sends. */
  keepsWaiting(): void {
    this.#behind = true;
  }

  /**
   * Steps to the next event.
   *
   * @returns false when more bytes are needed
   * @throws {ProtocolError} when the MTA breaks the protocol
   */
  next(): boolean {
    if (this.session.next()) return true;
    if (!this.#behind) this.#chain.caughtUp();
    return false;
  }

  /**
   * Gives the event at hand to the chain.
   *
   * @returns a promise where the answer is not there yet
   * @throws {ProtocolError} when the MTA breaks the protocol
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

  /** Tells the MTA that work goes on, where it waits for the end of a message. */
  progress(): void {
    if (this.#answering) return;
    this.session.progress();
    this.#line.flush();
  }

  /**
   * Looks whether the connection leads back here, where the hops come while filters are asked already what they want.
   *
   * @returns whether it does; then the MTA was told so
   */
  findsLoop(): boolean {
    const { session } = this;
    if (session.agreement || !session.offer || session.hops.length > 0) return false;
    session.lookForHops();
    if (!this.#leadsBack) return false;
    this.#tellOfLoop();
    return true;
  }

  /** Tells the filters at work that nobody waits for them any more. */
  cancel(reason: string): void {
    this.#chain.cancel(reason);
  }

  /** Lets go of everything, abort and close callbacks first. */
  close(): void | Promise<void> {
    return this.#chain.close();
  }

  #answer(verdict: Verdict | Promise<Verdict>): void | Promise<void> {
    if (verdict instanceof Promise) return verdict.then((settled) => this.#send(settled));
    this.#send(verdict);
  }

  #send(verdict: Verdict): void {
    if (this.#line.over) return;
    // It has said nothing since that it waits for, so there is nothing that was not read.
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

  /** Whether the connection came from this service itself, or as good as that. */
  get #leadsBack(): boolean {
    const { hops } = this.session;
    return hops.length >= MOST_HOPS || hops.includes(this.#owner.service);
  }

  /** Ends a loop: each further round would cost another connection. */
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

  /** The SMTP client is gone; another one may come over the same connection. */
  #close(): void | Promise<void> {
    if (this.session.ended) return this.#line.hangUp();
    const chain = this.#chain;
    const pending = chain.close();
    this.#chain = chain.renew();
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
    // A new body last: nothing may come between its packets, and it may take its time.
    return body ? run(this.#sendBody(body, verdict)) : this.#send(verdict);
  }

  *#sendBody(body: Spool, verdict: Verdict): Steps<void> {
    this.#answering = true;
    try {
      yield* writeBody(this.session, body, this.#line);
    } catch (error) {
      // The MTA forgets the changes of a message that it is told to refuse.
      this.#owner.emit({ type: "spool-failed", connection: this.#line.id, error: error as Error });
      return this.#send(tempfail());
    } finally {
      body.close();
      this.#answering = false;
    }
    this.#send(verdict);
  }
}

/** What the service hears that made a loop; it has sent its hops, and so knows the reply. RFC 3463, X.4.6. */
const LOOP = encodeReply({
  code: 451,
  enhanced: "4.4.6",
  lines: ["Milter loop: this milter leads back to a service that asks it"],
});
