/**
 * One worker, seen from its parent.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { connectionsByDescriptors } from "../../../lib/net/descriptors.ts";
import type { HandOver, ToParent } from "../../../lib/net/handover.ts";
import type { ProcessReport } from "../../observe/process_report.ts";
import { type AcceptedConnection, WorkerConnections } from "./worker_connections.ts";
import { encodeMessage, type ParentMessage, type ReportMessage } from "./worker_protocol.ts";
import type { Taker } from "./waiting_connections.ts";
import { type WorkerEnvironment, workerVariables } from "./worker_environment.ts";

/** How long the last words of a worker that has ended may be on their way, in milliseconds. */
const LAST_WORDS = 50;
/**
 * How long a worker whose channel seems gone has before it counts as cut off, in milliseconds: one that ends is gone by
 * then, and a socket that is late has come.
 */
const CUT_OFF_AFTER = 1000;

/** What a worker says that cannot serve, before it ends. */
export interface WorkerFailure {
  readonly type: "failed";
  /** Why. */
  readonly reason: string;
}

/** How a worker ended. */
export interface WorkerEnd {
  /** Its exit code, or null where a signal ended it. */
  readonly code: number | null;
  /** The signal, or null. */
  readonly signal: string | null;
  /** Why it could not serve, where that is known. */
  readonly reason?: string | undefined;
  /** How many connections were lost with it. */
  readonly lost: number;
  /** One that it was offered and did not take. */
  readonly offer: AcceptedConnection | undefined;
}

/** What a pool wants to know of a worker. */
export interface WorkerEvents {
  /** It can serve. */
  ready(): void;
  /** It took a connection. */
  took(): void;
  /** It did not take this connection, which waits again. */
  missed(offer: AcceptedConnection): void;
  /** A connection of its is over. */
  closed(): void;
  /** It has no connections and can be handed none. */
  broken(): void;
  /** It lives and serves what it has, but nothing can be handed to it any more. */
  cutOff(): void;
  /** It told what came to pass. */
  reported(report: ProcessReport): void;
  /** It has ended. */
  ended(end: WorkerEnd): void;
}

/** A worker: this same program, run again with the same arguments. */
export class WorkerProcess implements Taker {
  /** Its number, from 1. */
  readonly number: number;
  /** Whether it can serve. */
  ready = false;
  /** Whether it has ended. */
  over = false;
  readonly #child: ChildProcess;
  // It has the same limit of descriptors as this process.
  readonly #connections = new WorkerConnections(connectionsByDescriptors());
  readonly #events: WorkerEvents;
  /** When it was asked whether it is alive; undefined where it has answered. */
  #askedAt: number | undefined;
  #reason: string | undefined;
  /** Whether there is a channel to it. */
  #connected = true;
  /** The hand-over that was withdrawn last. */
  #withdrawn: number | undefined;
  /** Counts it as cut off, unless its channel shows that it is well. */
  #cutOffSoon: ReturnType<typeof setTimeout> | undefined;
  /** Whether it was told of that it can take nothing. */
  #failed = false;
  /** Whether it counts what it does. */
  #reports = false;
  /** Who waits for a report of it, in the order in which they asked. */
  readonly #asking: (() => void)[] = [];

  /**
   * Starts it.
   *
   * @param environment what it is told
   * @param events told of what it does
   */
  constructor(environment: WorkerEnvironment, events: WorkerEvents) {
    this.number = environment.number;
    this.#events = events;
    const { program, args } = ownCommand();
    this.#child = spawn(program, args, {
      env: { ...process.env, ...workerVariables(environment) },
      // Over standard input go orders and questions; its end is what tells a worker that its parent has died.
      stdio: ["pipe", "inherit", "inherit", "ipc"],
    });
    this.#child.stdin!.on("error", () => {});
    this.#child.on("message", (message) => this.#heard(message as FromWorker));
    const ended = (code: number | null, signal: string | null) => {
      if (this.over) return;
      this.over = true;
      this.ready = false;
      for (const answered of this.#asking.splice(0)) answered();
      // It may have taken a connection with its last breath, which nobody else may have then.
      setTimeout(() => {
        const { taken, offered } = this.#connections.end();
        for (const each of taken) each.release();
        events.ended({ code, signal, reason: this.#reason, lost: taken.length, offer: offered });
      }, LAST_WORDS);
    };
    this.#child.on("error", (error) => {
      if (this.#child.pid !== undefined) return;
      this.#reason = error.message;
      ended(1, null);
    });
    this.#child.on("exit", (code, signal) => ended(code, signal));
    this.#child.on("disconnect", () => {
      // One that ends is gone at once.
      setTimeout(() => this.#cutOff(), CUT_OFF_AFTER).unref();
    });
  }

  /** How many connections it has. */
  get held(): number {
    return this.#connections.held;
  }

  /** Its process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it has yet to answer to the connection that it was handed last. */
  get offered(): boolean {
    return this.#connections.offered;
  }

  /** Whether connections go to others for now: it does not answer, has no room, or is not there. */
  unavailable(now: number): boolean {
    if (!this.ready || !this.#connected || this.#cutOffSoon !== undefined) return true;
    return this.#connections.stuck(now) || this.#connections.resting(now);
  }

  /** Asks whether it is alive, unless it has yet to answer that. */
  ask(now: number): void {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = now;
    this.tell({ type: "ask" });
  }

  /** For how long it has not answered, in milliseconds. */
  silence(now: number): number {
    return this.#askedAt === undefined ? 0 : now - this.#askedAt;
  }

  /** Hands it a connection; one at a time, and none while it is unavailable. */
  give(offer: AcceptedConnection, now: number): void {
    const id = this.#connections.offer(offer, now);
    const { socket, overTcp, address } = offer;
    const message: HandOver = { type: "connection", id, overTcp, address };
    try {
      this.#child.send(message, socket, { keepOpen: true }, (error) => this.#sent(id, error));
    } catch (error) {
      this.#sent(id, error as Error);
    }
  }

  /** Takes back what it did not answer to in time, unless it has taken that. Ends it where it can take nothing any more. */
  look(now: number): void {
    const id = this.#connections.overdue(now);
    if (id !== undefined) {
      this.#withdrawn = id;
      this.tell({ type: "withdraw", id });
    }
    if (this.over || this.#failed || !this.#connections.broken(now)) return;
    this.#failed = true;
    this.#events.broken();
  }

  /** Tells it something. What fails here fails because the worker is ending, and that is seen. */
  tell(message: ParentMessage): void {
    this.#child.stdin?.write(encodeMessage(message));
  }

  /** Has it tell what came to pass since it last did; done once it has, or has ended. */
  report(): Promise<void> {
    if (this.over || !this.#reports) return Promise.resolve();
    this.tell({ type: "report" });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  /** Ends it without a word. */
  kill(): void {
    if (!this.over) this.#child.kill("SIGKILL");
  }

  /** The runtime is done with a connection: it is there, or was given up. Where it says that it failed, it was not sent. */
  #sent(id: number, error: Error | null | undefined): void {
    this.#connections.sent(id);
    if (error) this.#missed(id);
  }

  #missed(id: number): void {
    const offer = this.#connections.missed(id, performance.now());
    if (offer) this.#events.missed(offer);
  }

  /** Nothing goes over the channel any more, and it lives. */
  #cutOff(): void {
    if (this.over || !this.#connected) return;
    this.#connected = false;
    // Whether it has this one cannot be known any more, and nobody else may have it then.
    this.#connections.presumeTaken()?.socket.destroy();
    this.#events.cutOff();
  }

  #heard(message: FromWorker): void {
    switch (message.type) {
      case "report":
        this.#reports = message.why !== "end";
        this.#events.reported(message.report);
        if (message.why === "end") this.tell({ type: "heard" });
        if (message.why === "asked") this.#asking.shift()?.();
        return;
      case "failed":
        this.#reason = message.reason;
        return;
      case "ready":
        this.ready = true;
        return this.#events.ready();
      case "alive":
        this.#askedAt = undefined;
        return;
      case "took":
        return this.#took(message.id);
      case "missed":
        this.#missed(message.id);
        // Deno sends nothing more after a socket that was lost; one that is only late shows that it does.
        if (message.id === this.#withdrawn && "Deno" in globalThis) {
          this.#cutOffSoon ??= setTimeout(() => this.#cutOff(), CUT_OFF_AFTER).unref();
        }
        return;
      case "late":
        return this.#channelIsWell();
      case "closed": {
        this.#connections.closed(message.id)?.release();
        return this.#events.closed();
      }
    }
  }

  #channelIsWell(): void {
    clearTimeout(this.#cutOffSoon);
    this.#cutOffSoon = undefined;
  }

  #took(id: number): void {
    this.#channelIsWell();
    const offer = this.#connections.took(id);
    if (!offer) return;
    // The worker has its own copy.
    offer.socket.destroy();
    this.#events.took();
  }
}

type FromWorker = ToParent | WorkerFailure | ReportMessage;

/** How this program was started. Deno's `node:child_process` puts `run -A` before a script. */
function ownCommand(): { program: string; args: string[] } {
  const [, script = "", ...args] = process.argv;
  const compiled = script.startsWith("/$bunfs/");
  return {
    program: process.execPath,
    args: compiled ? args : [...process.execArgv, script, ...args],
  };
}
