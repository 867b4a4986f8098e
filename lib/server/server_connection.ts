/**
 * One connection of a server: what the MTA says goes to the chain, what the chain answers goes back.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { ProtocolError } from "../protocol/errors.ts";
import { checkStrings, commands, firstStringEnd, replies } from "../protocol/codec.ts";
import { ActionFlag, type EventName, ProtocolFlag } from "../protocol/constants.ts";
import { commandOf } from "../protocol/events.ts";
import { FilterSession } from "../protocol/filter_session.ts";
import { MOST_HOPS } from "../protocol/hops.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { Needs } from "../protocol/negotiate.ts";
import { encodeReply } from "../protocol/reply.ts";
import { toBytes, utf8Text } from "../protocol/text.ts";
import { VERDICT_LETTERS } from "../protocol/verdict_scope.ts";
import { EnvelopeAddress, type EnvelopeChange } from "../message/envelope.ts";
import { HeaderField } from "../message/header.ts";
import type { HeaderAction } from "../message/header_model.ts";
import type { Spool } from "../message/spool.ts";
import type { Chain } from "../chain/chain.ts";
import type { ChainConnection } from "../chain/chain_connection.ts";
import type { ConnectionHost, MessageEnd } from "../chain/connection_host.ts";
import type { Client } from "../filter/context.ts";
import type { ConnectionReport, MessageReport } from "../filter/report.ts";
import { tempfail, type Verdict } from "../filter/verdict.ts";
import { run, type Steps } from "../chain/maybe_promise.ts";
import type { Connection, ConnectionHandler } from "../net/transport.ts";
import type { ServerEvent, ServerLimits } from "./server_events.ts";

/** More unread bytes than this, and the MTA has to wait: events without replies have no other brake. */
const MAX_BUFFERED = 256 * 1024;
/** More unsent bytes than this, and nothing is read that would make more of them. */
const MAX_QUEUED = 1024 * 1024;
/**
 * Events in a row of one connection before the others have their turn. An MTA waits for answers now and then; who sends
 * messages without reading any could keep everybody else waiting for seconds.
 */
const EVENTS_A_TURN = 100;
/** How often the MTA is told that the end of a message takes longer, in milliseconds: Sendmail reads for 10 s. */
const PROGRESS_INTERVAL = 5000;
/**
 * Postfix sends on in small packets, and Nagle's algorithm holds them back until ours are acknowledged, which a
 * kernel that has nothing to send puts off for 40 ms. The answer to DATA carries the acknowledgement.
 */
const UNANSWERED_DATA = ProtocolFlag.NO_DATA | ProtocolFlag.NR_DATA;

const FAMILIES: Record<string, Client["family"]> = { "4": "inet", "6": "inet6", L: "unix", U: "unknown" };

/** How long a connection may keep silent, in milliseconds. */
export interface ConnectionTimes {
  /** From connecting to option negotiation. */
  readonly negotiation: number;
  /** Between two packets. */
  readonly idle: number;
  /** While it takes nothing of what waits for it. */
  readonly send: number;
}

/** What a connection needs of its server. */
export interface ConnectionOwner {
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
  /** Told when a connection is over and everything is let go. */
  gone(connection: ServerConnection): void;
}

/** One connection of a server. */
export class ServerConnection implements ConnectionHandler, ConnectionHost {
  readonly listener: string | undefined;
  readonly refusedProtocol: number;
  /** The other end. */
  readonly peer: string;
  readonly onMessage: ((report: MessageReport) => void) | undefined;
  readonly onRefusal: ((report: ConnectionReport) => void) | undefined;
  readonly #id: number;
  readonly #socket: Connection;
  readonly #owner: ConnectionOwner;
  readonly #session = new FilterSession();
  #chain: ChainConnection;
  /** A callback is at work; what comes waits. */
  #busy = false;
  /** What is to become of the connection once no callback is at work. */
  #fate: "open" | "leave" | "abort" | "lost" = "open";
  #released = false;
  #paused = false;
  /** More may have come than was read, since the MTA was kept waiting with it. */
  #behind = false;
  /** The MTA must not be told that work goes on: it is being told the changes of a message. */
  #answering = false;
  /** Calls off what tells the MTA that work goes on; undefined where no filter has been at work of late. */
  #stopProgress: (() => void) | undefined;
  #verbatimValues = false;
  /** To be called once all that was written is sent, or never will be. */
  #sent: (() => void) | undefined;
  /** Whether anything came since {@linkcode checkIdle}, and since when nothing has. */
  #spoke = true;
  #silentSince = 0;
  /** All that was written; how much of it the system had taken at the last look, and since when it has taken no more. */
  #written = 0;
  #taken = 0;
  #unreadSince = 0;
  #error: Error | undefined;

  /**
   * @param id its number, for logs
   * @param socket the socket
   * @param owner the server
   * @param listener the address that the MTA connected to; undefined where there is none
   */
  constructor(id: number, socket: Connection, owner: ConnectionOwner, listener?: string) {
    this.listener = listener;
    this.refusedProtocol = socket.overTcp ? UNANSWERED_DATA : 0;
    this.peer = socket.peer;
    this.#id = id;
    this.#socket = socket;
    this.#owner = owner;
    if (owner.reports) {
      this.onMessage = (report) => owner.emit({ type: "message", connection: id, report });
      this.onRefusal = (report) => owner.emit({ type: "refused", connection: id, report });
    }
    this.#chain = owner.chain.connection(this);
    owner.emit({ type: "connected", connection: id, peer: this.peer });
  }

  get hops(): readonly string[] {
    return [...this.#session.hops, this.#owner.service];
  }

  macro(name: string, shows?: MacroFilter): string | undefined {
    return this.#session.macros.get(name, shows);
  }

  macrosOf(event: EventName, shows?: MacroFilter): readonly Uint8Array[] {
    return this.#session.macros.pairs(commandOf(event), shows);
  }

  onLimit(limit: keyof ServerLimits, most: number): void {
    this.#owner.limitReached(limit, most, this.peer, this.macro("i"));
  }

  onStall(filter: string, event: EventName, milliseconds: number): void {
    this.#owner.stalled(filter, event, milliseconds, this.macro("i"));
  }

  onFilterError(filter: string, event: EventName | "negotiate", error: unknown, onError: string): void {
    const connection = this.#id;
    const queueId = this.macro("i");
    this.#owner.emit({ type: "filter-error", connection, queueId, filter, event, error, onError });
  }

  /** Whether a message is open. */
  get inMessage(): boolean {
    return this.#session.messageOpen;
  }

  data(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#spoke = true;
    this.#session.receive(bytes);
    if (!this.#busy) this.#work();
    else if (this.#session.agreement === undefined) this.#lookForLoop();
    this.#regulate();
  }

  drain(): void {
    this.#sent?.();
    if (this.#released) return;
    this.#regulate();
    if (!this.#busy) this.#work();
  }

  closed(error?: Error): void {
    this.#error ??= error;
    if (this.#released) return;
    this.#fate = "lost";
    this.#sent?.();
    this.#chain.cancel("The connection was lost");
    if (!this.#busy) this.#release();
  }

  /**
   * Ends the connection if nothing came for too long, or what was sent is not read. Called now and then, so that not every
   * packet needs a look at the clock.
   */
  checkIdle(now: number, { negotiation, idle, send }: ConnectionTimes): void {
    if (this.#over || this.#released) return;
    const unread = this.#unreadFor(now);
    if (unread >= send) {
      const { queued } = this.#socket;
      const seconds = Math.round(unread / 1000);
      this.#owner.emit({ type: "unread", connection: this.#id, peer: this.peer, bytes: queued, seconds });
      return this.abort();
    }
    const negotiated = this.#session.agreement !== undefined;
    // Before negotiation a byte now and then is no sign of life: that is what ports are kept busy with.
    const alive = this.#spoke && (negotiated || this.#silentSince === 0);
    if (alive || this.#busy) {
      this.#spoke = false;
      this.#silentSince = now;
      return;
    }
    const silent = now - this.#silentSince;
    if (silent < (negotiated ? idle : negotiation)) return;
    const seconds = Math.round(silent / 1000);
    this.#owner.emit({ type: "idle", connection: this.#id, peer: this.peer, negotiated, seconds });
    this.abort();
  }

  /** For how long the other side has taken nothing of what waits for it. */
  #unreadFor(now: number): number {
    const taken = this.#written - this.#socket.queued;
    if (this.#socket.queued === 0 || taken > this.#taken) {
      this.#taken = taken;
      this.#unreadSince = now;
    }
    return now - this.#unreadSince;
  }

  /** Ends the connection at once, or once its message is finished. */
  closeBetweenMessages(): void {
    if (this.#fate === "open") this.#fate = "leave";
    if (!this.#busy && !this.inMessage) this.abort();
  }

  /** Stops the filters at their next word with the MTA; a callback at work is waited for. */
  abort(): void {
    if (this.#over) return;
    this.#fate = "abort";
    this.#chain.cancel("The server was told to abort");
    // Nobody waits any more until a new body is read.
    this.#sent?.();
    if (!this.#busy) this.#release();
  }

  /** Works off what has come, until more is needed or a callback takes its time. */
  #work(): void {
    // A callback that ends the connection is not to be answered with others before it is done.
    this.#busy = true;
    try {
      let events = 0;
      while (this.#socket.queued < MAX_QUEUED) {
        if (!this.#session.next()) {
          if (!this.#behind) this.#chain.caughtUp();
          break;
        }
        const pending = this.#handle();
        if (pending) {
          this.#stopProgress ??= this.#owner.chain.clock.after(PROGRESS_INTERVAL, this.#progress);
          return this.#wait(pending);
        }
        if (this.#over) return this.#release();
        if (++events === EVENTS_A_TURN) return this.#wait(new Promise((resolve) => setImmediate(resolve)));
      }
      this.#flush();
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#busy = false;
    if (this.#fate === "leave" && !this.inMessage) this.abort();
  }

  #wait(pending: Promise<void>): void {
    this.#busy = true;
    this.#flush();
    pending.then(() => this.#resume(), (error) => this.#resume(error));
  }

  #resume(error?: Error): void {
    this.#busy = false;
    if (this.#released) return;
    if (this.#over) return this.#release();
    if (error) return this.#fail(error);
    this.#spoke = true;
    this.#work();
    this.#regulate();
  }

  /** Tells the MTA that work goes on, where it waits for the end of a message; again and again while there is work. */
  readonly #progress = (): void => {
    this.#stopProgress = undefined;
    if (!this.#busy || this.#over) return;
    this.#stopProgress = this.#owner.chain.clock.after(PROGRESS_INTERVAL, this.#progress);
    if (this.#answering) return;
    this.#session.progress();
    this.#flush();
  };

  #flush(): void {
    if (this.#session.outputLength === 0) return;
    const bytes = this.#session.takeOutput();
    this.#written += bytes.length;
    this.#socket.write(bytes);
  }

  #regulate(): void {
    const full = (this.#busy && this.#session.buffered > MAX_BUFFERED) || this.#socket.queued > MAX_QUEUED;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) {
      this.#behind = true;
      this.#socket.pause();
    } else {
      this.#socket.resume();
    }
  }

  #fail(error: Error): void {
    this.#error = error;
    const type = error instanceof ProtocolError ? "protocol-error" : "internal-error";
    this.#owner.emit({ type, connection: this.#id, peer: this.peer, error });
    this.#fate = "abort";
    this.#chain.cancel("The connection failed");
    this.#release();
  }

  /** Lets go of everything, abort and close callbacks first. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#stopProgress?.();
    const done = () => {
      this.#flush();
      // Who does not read what was sent so far will not read the rest.
      if (this.#socket.queued > 0) this.#socket.destroy();
      else this.#socket.end();
      const error = this.#error ? { error: this.#error } : {};
      this.#owner.emit({
        type: "disconnected",
        connection: this.#id,
        lost: this.#fate === "lost",
        ...error,
      });
      this.#owner.gone(this);
    };
    const pending = this.#chain.close();
    if (pending) pending.then(done, done);
    else done();
  }

  // ---- events

  /** Gives the event at hand to the chain; a promise where the answer is not there yet. */
  #handle(): void | Promise<void> {
    const session = this.#session;
    const chain = this.#chain;
    switch (session.event) {
      case "header":
        return this.#answer(chain.header(this.#headerField(), session.end - session.start));
      case "body":
        return this.#answer(chain.body(session.bytes.subarray(session.start, session.end)));
      case "eoh":
        return this.#answer(chain.eoh());
      case "rcpt":
        return this.#answer(chain.rcpt(this.#address(commands.rcpt)));
      case "mail":
        return this.#answer(chain.mail(this.#address(commands.mail)));
      case "data":
        return this.#answer(chain.data());
      case "eom":
        return this.#endOfMessage();
      case "connect":
        return this.#answer(chain.connect(this.#client()));
      case "helo":
        return this.#answer(chain.helo(utf8Text(session.fields(commands.helo).name)));
      case "unknown":
        return this.#answer(chain.unknown(utf8Text(session.fields(commands.unknown).command)));
      case "abort":
        this.#behind = false;
        return chain.abort();
      case "close":
        return this.#close();
      case "negotiate":
        return this.#negotiate();
    }
  }

  #answer(verdict: Verdict | Promise<Verdict>): void | Promise<void> {
    if (verdict instanceof Promise) return verdict.then((settled) => this.#send(settled));
    this.#send(verdict);
  }

  #send(verdict: Verdict): void {
    if (this.#over) return;
    // It has said nothing since that it waits for, so there is nothing that was not read.
    if (this.#session.wantsReply) this.#behind = false;
    if (verdict.encodedReply) this.#session.answerReply(verdict.encodedReply);
    else this.#session.answer(VERDICT_LETTERS[verdict.kind]);
  }

  #negotiate(): void | Promise<void> {
    if (this.#leadsBack) return this.#refuseLoop();
    const needs = this.#chain.negotiate(this.#session.offer!);
    if (needs instanceof Promise) return needs.then((settled) => this.#agree(settled));
    this.#agree(needs);
  }

  /** Whether the connection came from this service itself, or as good as that. */
  get #leadsBack(): boolean {
    const { hops } = this.#session;
    return hops.length >= MOST_HOPS || hops.includes(this.#owner.service);
  }

  /** Ends a loop: each further round would cost another connection. */
  async #refuseLoop(): Promise<void> {
    this.#tellOfLoop();
    if (this.#socket.queued > 0) await this.#allSent();
    if (this.#fate === "open") this.#fate = "abort";
  }

  #tellOfLoop(): void {
    this.#owner.looped(this.#id, this.peer, this.listener, this.#session.hops.length);
    this.#session.answerReply(LOOP);
    this.#flush();
  }

  /** The same where the hops come while filters are asked already what they want. */
  #lookForLoop(): void {
    if (this.#session.offer === undefined || this.#session.hops.length > 0) return;
    this.#session.lookForHops();
    if (!this.#leadsBack) return;
    this.#tellOfLoop();
    this.abort();
  }

  #agree(needs: Needs): void {
    if (this.#over) return;
    const { protocol } = this.#session.answerNegotiation(needs);
    this.#verbatimValues = (protocol & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
  }

  #client(): Client {
    const { hostname, family, port, address } = this.#session.fields(commands.connect);
    return {
      hostname: utf8Text(hostname),
      family: FAMILIES[String.fromCharCode(family)] ?? "unknown",
      port: port ?? 0,
      address: address ? utf8Text(address).replace(/^IPv6:/i, "") : "",
    };
  }

  #address(spec: typeof commands.mail | typeof commands.rcpt): EnvelopeAddress {
    const { bytes, start, end } = this.#session;
    checkStrings(spec, bytes, start, end);
    return new EnvelopeAddress(bytes, start, end);
  }

  #headerField(): HeaderField {
    const { bytes, start, end } = this.#session;
    const nameEnd = firstStringEnd(commands.header, bytes, start, end);
    return new HeaderField(bytes, start, nameEnd, -1, this.#verbatimValues);
  }

  #close(): void | Promise<void> {
    if (this.#session.ended) {
      this.#fate = "abort";
      return this.#release();
    }
    const chain = this.#chain;
    const pending = chain.close();
    this.#chain = chain.renew();
    return pending;
  }

  // ---- end of message

  #endOfMessage(): void | Promise<void> {
    const { bytes, start, end } = this.#session;
    const chain = this.#chain;
    if (start < end) {
      const last = chain.body(bytes.subarray(start, end));
      if (last instanceof Promise) return last.then(() => chain.eom()).then((end) => this.#sendEnd(end));
    }
    const done = chain.eom();
    if (done instanceof Promise) return done.then((end) => this.#sendEnd(end));
    return this.#sendEnd(done);
  }

  #sendEnd({ verdict, header, envelope, body, quarantine }: MessageEnd): void | Promise<void> {
    if (this.#over) return body?.close();
    for (const action of header) this.#sendHeaderAction(action);
    for (const change of envelope) this.#sendEnvelopeChange(change);
    // A new body last: nothing may come between its packets, and it may take its time.
    if (quarantine !== undefined) this.#session.act(replies.quarantine, { reason: toBytes(quarantine) });
    if (!body) return this.#send(verdict);
    return run(this.#sendBody(body, verdict));
  }

  #sendHeaderAction(action: HeaderAction): void {
    const session = this.#session;
    const name = action.field.nameBytes;
    switch (action.type) {
      case "addHeader":
        return session.act(replies.addHeader, { name, value: this.#value(action.field) });
      case "insertHeader":
        return session.act(replies.insertHeader, {
          index: action.index,
          name,
          value: this.#value(action.field),
        });
      case "changeHeader": {
        // Nothing at all would mean: delete.
        const value = this.#value(action.field);
        return session.act(replies.changeHeader, {
          index: action.index,
          name,
          value: value.length ? value : SPACE,
        });
      }
      case "deleteHeader":
        return session.act(replies.changeHeader, { index: action.index, name, value: EMPTY });
    }
  }

  #sendEnvelopeChange(change: EnvelopeChange): void {
    const session = this.#session;
    const address = toBytes(change.address);
    if (change.type === "deleteRcpt") return session.act(replies.deleteRcpt, { address });
    const args = change.args === undefined ? undefined : toBytes(change.args);
    if (change.type === "changeFrom") session.act(replies.changeFrom, { address, args });
    else if (args && this.#mayAddArguments) session.act(replies.addRcptPar, { address, args });
    else session.act(replies.addRcpt, { address });
  }

  /** Sends a new body as fast as the MTA takes it, then the verdict. */
  *#sendBody(body: Spool, verdict: Verdict): Steps<void> {
    this.#answering = true;
    try {
      // An empty packet is how a body is emptied.
      if (body.size === 0) this.#session.act(replies.replaceBody, { chunk: EMPTY });
      const reader = body.read();
      while (!this.#over) {
        let chunk = reader.next();
        if (chunk instanceof Promise) chunk = (yield chunk) as Uint8Array | undefined;
        if (chunk === undefined || this.#over) break;
        this.#session.act(replies.replaceBody, { chunk });
        if (this.#session.outputLength > MAX_BUFFERED) this.#flush();
        if (this.#socket.queued > MAX_QUEUED) yield this.#allSent();
      }
    } catch (error) {
      // The MTA forgets the changes of a message that it is told to refuse.
      this.#owner.emit({ type: "spool-failed", connection: this.#id, error: error as Error });
      return this.#send(tempfail());
    } finally {
      body.close();
      this.#answering = false;
    }
    this.#send(verdict);
  }

  /** Settled when all that was written is sent, or the connection is over. */
  #allSent(): Promise<void> {
    return new Promise((resolve) => {
      this.#sent = () => {
        this.#sent = undefined;
        resolve();
      };
    });
  }

  /** Whether nobody is to be told anything any more. */
  get #over(): boolean {
    return this.#fate === "abort" || this.#fate === "lost";
  }

  #value(field: HeaderField): Uint8Array {
    return this.#verbatimValues ? field.rawValueBytes : field.valueBytes;
  }

  get #mayAddArguments(): boolean {
    return (this.#session.agreement!.actions & ActionFlag.ADD_RCPT_PAR) !== 0;
  }
}

/** What the service hears that made a loop; it has sent its hops, and so knows the reply. RFC 3463, X.4.6. */
const LOOP = encodeReply({
  code: 451,
  enhanced: "4.4.6",
  lines: ["Milter loop: this milter leads back to a service that asks it"],
});

const EMPTY = new Uint8Array(0);
const SPACE = new Uint8Array([0x20]);
