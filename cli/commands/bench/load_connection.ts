/**
 * One connection of the load, which sends one message after the other.
 *
 * @module
 */

import type { EventName } from "../../../lib/protocol/constants.ts";
import {
  type FilterAnswer,
  type FilterReply,
  MtaSession,
  type NegotiatedTerms,
} from "../../../lib/protocol/mta_session.ts";
import type { Connection, ConnectionHandler } from "../../../lib/net/transport.ts";
import type { FaultKind, Finished } from "./results.ts";
import { type Burst, type Script, withQueueId } from "./script.ts";

/** Most bytes that wait for the milter to read them. */
const MOST_QUEUED = 256 * 1024;

/** The start of a message. */
export interface Start {
  /** When it should start, on the clock of `now`. Latency counts from there. */
  readonly at: number;
  /** Whether it is measured; a warm-up message is not. */
  readonly counts: boolean;
}

/** What a connection asks for, and reports to. */
export interface LoadOwner {
  /** Returns the packets to send under these terms. */
  script(terms: NegotiatedTerms): Script;
  /** Returns a queue id that was not used before. */
  queueId(): Uint8Array;
  /** The connection can take a message. */
  ready(connection: LoadConnection): void;
  /** A message has its final answer. `over`: the connection takes no more messages. */
  finished(connection: LoadConnection, message: Finished & Start, over: boolean): void;
  /** A recipient was refused individually. */
  refused(start: Start): void;
  /** The milter asked for a change. */
  changed(start: Start, type: string): void;
  /** The connection broke, and the message on it is lost. */
  broke(connection: LoadConnection, kind: FaultKind, what: string): void;
}

/** A connection to a milter, from negotiation on. */
export class LoadConnection implements ConnectionHandler {
  /** When it began to connect, on the clock of `now`. */
  readonly opened: number;
  /** Number of messages started on it. */
  messages = 0;
  readonly #socket: Connection;
  readonly #owner: LoadOwner;
  readonly #session: MtaSession = new MtaSession();
  readonly #timeout: number;
  readonly #now: () => number;
  #script: Script | undefined;
  #bursts: readonly Burst[] = [];
  #at = 0;
  #start: Start | undefined;
  #queueId: Uint8Array | undefined;
  /** The rest of the current burst, which is not written yet. */
  #pieces: Burst["pieces"] = [];
  #bytes = 0;
  #recipientsLeft = 0;
  #deadline = Infinity;
  #over = false;

  /**
   * @param socket the connection, on which nothing was sent yet
   * @param owner gets the reports
   * @param opened when it began to connect, on the clock of `now`
   * @param timeout longest wait for an answer, in milliseconds
   * @param now tells the time in milliseconds
   */
  constructor(
    socket: Connection,
    owner: LoadOwner,
    opened: number,
    timeout: number,
    now: () => number = () => performance.now(),
  ) {
    this.#socket = socket;
    this.#owner = owner;
    this.opened = opened;
    this.#timeout = timeout;
    this.#now = now;
    this.#session.negotiate();
    this.#deadline = this.#now() + timeout;
    socket.write(this.#session.takeOutput());
  }

  /** What was negotiated; undefined before. */
  get terms(): NegotiatedTerms | undefined {
    return this.#session.terms;
  }

  /** Sends a message. */
  send(start: Start): void {
    this.#bursts = this.messages === 0 ? this.#script!.first : this.#script!.next;
    this.messages++;
    this.#start = start;
    this.#queueId = this.#owner.queueId();
    this.#bytes = 0;
    this.#at = 0;
    this.#recipientsLeft = this.#bursts.filter(({ event }) => event === "rcpt").length;
    this.#write();
  }

  /** Closes the connection between messages, as an MTA does: with QUIT. */
  quit(): void {
    this.#over = true;
    this.#session.quit();
    this.#socket.write(this.#session.takeOutput());
    this.#socket.end();
  }

  /** Closes the connection at once. */
  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  /** Gives up if the answer did not come in time. */
  checkTime(now: number): void {
    if (now < this.#deadline || this.#over) return;
    const what = this.#pieces.length > 0 ? "Nothing more was read" : `No answer to ${this.#awaited}`;
    this.#break("timeout", `${what} within ${this.#timeout} ms`);
  }

  data(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#session.receive(bytes);
    try {
      while (!this.#over) {
        const event = this.#session.awaiting;
        const reply = this.#session.next();
        if (!reply) return;
        this.#take(event!, reply);
      }
    } catch (error) {
      if ((error as Error).name !== "ProtocolError") throw error;
      this.#break("protocol", (error as Error).message);
    }
  }

  drain(): void {
    if (!this.#over && this.#pieces.length > 0) this.#writePieces();
  }

  closed(error?: Error): void {
    if (this.#over) return;
    const when = this.#awaited ? `before it answered ${this.#awaited}` : "between messages";
    const why = error ? `: ${error.message}` : "";
    this.#break("connection-lost", `The milter closed the connection ${when}${why}`);
  }

  /** What the milter is to answer, in words. */
  get #awaited(): string | undefined {
    const { awaiting } = this.#session;
    return awaiting === "negotiate" ? "negotiation" : awaiting;
  }

  #take(event: EventName | "negotiate", reply: FilterReply): void {
    if (event === "negotiate" || reply.type === "negotiated") {
      this.#deadline = Infinity;
      this.#script = this.#owner.script(this.#session.terms!);
      return this.#owner.ready(this);
    }
    switch (reply.type) {
      case "progress":
        this.#deadline = this.#now() + this.#timeout;
        return;
      case "modification":
        return this.#owner.changed(this.#start!, reply.modification.type);
      case "answer":
        return this.#answered(event, reply.answer);
    }
  }

  #answered(event: EventName, answer: FilterAnswer): void {
    switch (answer.verdict) {
      case "continue":
        if (event === "eom") return this.#decided(event, answer);
        return this.#write();
      case "skip":
        this.#at = this.#bursts.length - 1;
        return this.#write();
      case "reject":
      case "tempfail":
        if (event === "rcpt" && answer.hangUp === undefined) return this.#refused(answer);
    }
    this.#decided(event, answer);
  }

  /** Counts a refused recipient. If no recipient is left, the message is over. */
  #refused(answer: FilterAnswer): void {
    this.#owner.refused(this.#start!);
    this.#recipientsLeft--;
    if (this.#recipientsLeft === 0) this.#decided("rcpt", answer);
    else this.#write();
  }

  /** Sends the packets up to the next one that gets an answer. */
  #write(): void {
    const burst = this.#bursts[this.#at++];
    // Nothing follows the end of the message, whose answer decides.
    if (!burst) return;
    this.#session.awaiting = burst.event;
    this.#pieces = burst.pieces;
    this.#writePieces();
  }

  /** Writes as much as the milter reads; `drain` writes the rest. The wait for an answer starts with the last piece. */
  #writePieces(): void {
    let written = 0;
    for (const piece of this.#pieces) {
      if (this.#socket.queued > MOST_QUEUED) break;
      const bytes = withQueueId(piece, this.#queueId!);
      written++;
      this.#bytes += bytes.length;
      this.#socket.write(bytes);
    }
    this.#pieces = this.#pieces.slice(written);
    this.#deadline = this.#now() + this.#timeout;
  }

  #decided(event: EventName, answer: FilterAnswer): void {
    const start = this.#start!;
    this.#start = undefined;
    this.#pieces = [];
    this.#deadline = Infinity;
    const latency = this.#now() - start.at;
    // A verdict at these events applies to the whole connection, and after these replies an MTA does not ask again.
    const over = event === "connect" || event === "helo" || answer.hangUp !== undefined;
    this.#owner.finished(this, { ...start, event, answer, latency, bytes: this.#bytes }, over);
  }

  #break(kind: FaultKind, what: string): void {
    this.#over = true;
    this.#socket.destroy();
    this.#start = undefined;
    this.#owner.broke(this, kind, what);
  }
}
