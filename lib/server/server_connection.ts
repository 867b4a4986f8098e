/**
 * One connection of a server: its socket, flow control, scheduling and end. Its `Dialogue` handles the contents.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { ProtocolError } from "../protocol/errors.ts";
import type { Connection, ConnectionHandler } from "../net/transport.ts";
import { Dialogue, type DialogueLine, type DialogueOwner } from "./dialogue.ts";
import { type ConnectionMoment, type ConnectionTimes, SilenceWatch } from "./silence_watch.ts";

/** With more unprocessed bytes than this, reading pauses: nothing else slows down events without replies. */
const MAX_BUFFERED = 256 * 1024;
/** With more unsent bytes than this, reading pauses, so that no more replies are produced. */
const MAX_QUEUED = 1024 * 1024;
/**
 * Consecutive events of one connection before the others get their turn. An MTA waits for replies now and then; a peer
 * that sends messages without reading any reply could block all other connections for seconds.
 */
const EVENTS_A_TURN = 100;
/** How often the MTA gets a progress packet at end of message, in milliseconds: Sendmail's read time-out is 10 s. */
const PROGRESS_INTERVAL = 5000;
/** What a connection needs from its server. */
export interface ConnectionOwner extends DialogueOwner {
  /** Called when a connection is over and everything has been released. */
  gone(connection: ServerConnection): void;
}

/** One connection of a server. */
export class ServerConnection implements ConnectionHandler, ConnectionMoment, DialogueLine {
  readonly id: number;
  readonly peer: string;
  readonly listener: string | undefined;
  readonly #socket: Connection;
  readonly #owner: ConnectionOwner;
  readonly #dialogue: Dialogue;
  /** Whether a callback is running; incoming packets wait. */
  #busy = false;
  /** What happens to the connection once no callback is running. */
  #fate: "open" | "leave" | "abort" | "lost" = "open";
  #released = false;
  #paused = false;
  /** Cancels the next progress packet; undefined if none is scheduled. */
  #stopProgress: (() => void) | undefined;
  /** Called once everything written has been sent, or never will be. */
  #sent: (() => void) | undefined;
  readonly #watch = new SilenceWatch();
  #error: Error | undefined;

  /**
   * @param id its number, for logs
   * @param socket the socket
   * @param owner the server
   * @param listener the address that the MTA connected to; undefined if there is none
   */
  constructor(id: number, socket: Connection, owner: ConnectionOwner, listener?: string) {
    this.id = id;
    // Stored, as a closed socket has no peer address.
    this.peer = socket.peer;
    this.listener = listener;
    this.#socket = socket;
    this.#owner = owner;
    this.#dialogue = new Dialogue(owner, this);
    owner.emit({ type: "connected", connection: id, peer: this.peer });
  }

  /** The fields of events that identify the connection and its open message. */
  get #about(): { readonly connection: number; readonly peer: string; readonly queueId?: string } {
    const { queueId } = this.#dialogue;
    return { connection: this.id, peer: this.peer, ...(queueId === undefined ? {} : { queueId }) };
  }

  get overTcp(): boolean {
    return this.#socket.overTcp;
  }

  /** Whether a message is open. */
  get inMessage(): boolean {
    return this.#dialogue.session.messageOpen;
  }

  get negotiated(): boolean {
    return this.#dialogue.session.agreement !== undefined;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get queued(): number {
    return this.#socket.queued;
  }

  data(bytes: Uint8Array): void {
    if (this.over) return;
    this.#watch.heard();
    this.#dialogue.session.receive(bytes);
    if (!this.#busy) this.#work();
    else if (this.#dialogue.findsLoop()) this.abort();
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
    this.#dialogue.cancel("The connection was lost");
    if (!this.#busy) this.#release();
  }

  /** Ends the connection if the peer was silent for too long or does not read what was sent. */
  checkIdle(now: number, times: ConnectionTimes): void {
    if (this.over || this.#released) return;
    const silence = this.#watch.look(now, this, times);
    if (!silence) return;
    const { negotiated, queued } = this;
    const what = { ...this.#about, seconds: Math.round(silence.milliseconds / 1000) };
    this.#owner.emit(
      silence.type === "unread"
        ? { type: "unread", ...what, bytes: queued }
        : { type: "idle", ...what, negotiated },
    );
    this.abort();
  }

  /** Ends the connection at once, or after its current message. */
  closeBetweenMessages(): void {
    if (this.#fate === "open") this.#fate = "leave";
    if (!this.#busy && !this.inMessage) this.abort();
  }

  /** Ends the connection: at once, or when the running callback finishes. */
  abort(): void {
    if (this.over) return;
    this.#fate = "abort";
    this.#dialogue.cancel("The server was told to abort");
    // Ends the wait for the MTA to read a new body.
    this.#sent?.();
    if (!this.#busy) this.#release();
  }

  /** Processes received packets until more bytes are needed or a callback is asynchronous. */
  #work(): void {
    // Set even for synchronous callbacks: one that ends the connection must finish before abort and close run.
    this.#busy = true;
    try {
      let events = 0;
      while (this.#socket.queued < MAX_QUEUED) {
        if (!this.#dialogue.next()) break;
        const pending = this.#dialogue.handle();
        if (pending) {
          if (!this.#stopProgress) this.#progressLater();
          return this.#wait(pending);
        }
        if (this.over) return this.#release();
        if (++events === EVENTS_A_TURN) return this.#wait(new Promise((resolve) => setImmediate(resolve)));
      }
      this.flush();
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#busy = false;
    if (this.#fate === "leave" && !this.inMessage) this.abort();
  }

  #wait(pending: Promise<void>): void {
    this.#busy = true;
    this.flush();
    pending.then(() => this.#resume(), (error) => this.#resume(error));
  }

  #resume(error?: Error): void {
    this.#busy = false;
    if (this.#released) return;
    if (this.over) return this.#release();
    if (error) return this.#fail(error);
    this.#watch.heard();
    this.#work();
    this.#regulate();
  }

  /** Sends a progress packet if the MTA waits for the end of a message, and schedules the next one. */
  #progress(): void {
    this.#stopProgress = undefined;
    if (!this.#busy || this.over) return;
    this.#progressLater();
    this.#dialogue.progress();
  }

  #progressLater(): void {
    this.#stopProgress = this.#owner.chain.clock.after(PROGRESS_INTERVAL, () => this.#progress());
  }

  flush(): void {
    if (this.#dialogue.session.outputLength === 0) return;
    const bytes = this.#dialogue.session.takeOutput();
    this.#watch.wrote(bytes.length);
    this.#socket.write(bytes);
  }

  #regulate(): void {
    const full = (this.#busy && this.#dialogue.session.buffered > MAX_BUFFERED) ||
      this.#socket.queued > MAX_QUEUED;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) {
      this.#dialogue.keepsWaiting();
      this.#socket.pause();
    } else {
      this.#socket.resume();
    }
  }

  #fail(error: Error): void {
    this.#error = error;
    const type = error instanceof ProtocolError ? "protocol-error" : "internal-error";
    this.#owner.emit({ type, ...this.#about, error });
    this.#fate = "abort";
    this.#dialogue.cancel("The connection failed");
    this.#release();
  }

  /** Calls the abort and close callbacks, then releases everything. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#stopProgress?.();
    const { queueId } = this.#dialogue;
    const done = () => {
      this.flush();
      // A peer that has not read what was sent so far will not read the rest.
      if (this.#socket.queued > 0) this.#socket.destroy();
      else this.#socket.end();
      const error = this.#error ? { error: this.#error } : {};
      this.#owner.emit({
        type: "disconnected",
        connection: this.id,
        lost: this.#fate === "lost",
        ...(queueId === undefined ? {} : { queueId }),
        ...error,
      });
      this.#owner.gone(this);
    };
    const pending = this.#dialogue.close();
    if (pending) pending.then(done, done);
    else done();
  }

  hangUp(): void {
    if (!this.over) this.#fate = "abort";
  }

  allSent(): Promise<void> {
    if (this.#socket.queued === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sent = () => {
        this.#sent = undefined;
        resolve();
      };
    });
  }

  get full(): boolean {
    return this.#socket.queued > MAX_QUEUED;
  }

  get over(): boolean {
    return this.#fate === "abort" || this.#fate === "lost";
  }
}
