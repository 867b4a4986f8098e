/**
 * One connection of a server: its socket, whose turn it is, and how it ends. What is said over it is a dialogue.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { ProtocolError } from "../protocol/errors.ts";
import type { Connection, ConnectionHandler } from "../net/transport.ts";
import { Dialogue, type DialogueLine, type DialogueOwner } from "./dialogue.ts";
import { type ConnectionTimes, SilenceWatch } from "./silence_watch.ts";

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
/** What a connection needs of its server. */
export interface ConnectionOwner extends DialogueOwner {
  /** Told when a connection is over and everything is let go. */
  gone(connection: ServerConnection): void;
}

/** One connection of a server. */
export class ServerConnection implements ConnectionHandler, DialogueLine {
  readonly id: number;
  readonly peer: string;
  readonly listener: string | undefined;
  readonly #socket: Connection;
  readonly #owner: ConnectionOwner;
  readonly #dialogue: Dialogue;
  /** A callback is at work; what comes waits. */
  #busy = false;
  /** What is to become of the connection once no callback is at work. */
  #fate: "open" | "leave" | "abort" | "lost" = "open";
  #released = false;
  #paused = false;
  /** Calls off what tells the MTA that work goes on; undefined where no filter has been at work of late. */
  #stopProgress: (() => void) | undefined;
  /** To be called once all that was written is sent, or never will be. */
  #sent: (() => void) | undefined;
  readonly #watch = new SilenceWatch();
  #error: Error | undefined;

  /**
   * @param id its number, for logs
   * @param socket the socket
   * @param owner the server
   * @param listener the address that the MTA connected to; undefined where there is none
   */
  constructor(id: number, socket: Connection, owner: ConnectionOwner, listener?: string) {
    this.id = id;
    // Asked once: a socket that is closed has no other end any more.
    this.peer = socket.peer;
    this.listener = listener;
    this.#socket = socket;
    this.#owner = owner;
    this.#dialogue = new Dialogue(owner, this);
    owner.emit({ type: "connected", connection: id, peer: this.peer });
  }

  get overTcp(): boolean {
    return this.#socket.overTcp;
  }

  /** Whether a message is open. */
  get inMessage(): boolean {
    return this.#dialogue.session.messageOpen;
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

  /** Ends the connection if nothing came for too long, or what was sent is not read. */
  checkIdle(now: number, times: ConnectionTimes): void {
    if (this.over || this.#released) return;
    const { queued } = this.#socket;
    const negotiated = this.#dialogue.session.agreement !== undefined;
    const silence = this.#watch.look(now, { negotiated, busy: this.#busy, queued }, times);
    if (!silence) return;
    const what = { connection: this.id, peer: this.peer, seconds: Math.round(silence.milliseconds / 1000) };
    this.#owner.emit(
      silence.type === "unread"
        ? { type: "unread", ...what, bytes: queued }
        : { type: "idle", ...what, negotiated },
    );
    this.abort();
  }

  /** Ends the connection at once, or once its message is finished. */
  closeBetweenMessages(): void {
    if (this.#fate === "open") this.#fate = "leave";
    if (!this.#busy && !this.inMessage) this.abort();
  }

  /** Stops the filters at their next word with the MTA; a callback at work is waited for. */
  abort(): void {
    if (this.over) return;
    this.#fate = "abort";
    this.#dialogue.cancel("The server was told to abort");
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

  /** Tells the MTA that work goes on, where it waits for the end of a message; again and again while there is work. */
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
    this.#owner.emit({ type, connection: this.id, peer: this.peer, error });
    this.#fate = "abort";
    this.#dialogue.cancel("The connection failed");
    this.#release();
  }

  /** Lets go of everything, abort and close callbacks first. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#stopProgress?.();
    const done = () => {
      this.flush();
      // Who does not read what was sent so far will not read the rest.
      if (this.#socket.queued > 0) this.#socket.destroy();
      else this.#socket.end();
      const error = this.#error ? { error: this.#error } : {};
      this.#owner.emit({
        type: "disconnected",
        connection: this.id,
        lost: this.#fate === "lost",
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
