/**
 * A worker process, as its parent sees it.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { connectionsByDescriptors } from "../../../lib/net/descriptors.ts";
import type { HandOver, ToParent } from "../../../lib/net/handover.ts";
import type { SetupSummary } from "../../config/setup_summary.ts";
import type { ConfigSnapshot } from "../../config/snapshot.ts";
import type { StateSettings } from "../../options/state_options.ts";
import type { ProcessReport } from "../../observe/process_report.ts";
import { type AcceptedConnection, WorkerConnections } from "./worker_connections.ts";
import { errorOf, whyItFailed } from "./error_data.ts";
import { ownCommand } from "../own_command.ts";
import type { Taker } from "./waiting_connections.ts";
import { type ServiceIdentity, workerVariables } from "./worker_environment.ts";
import {
  encodeMessage,
  type FailedMessage,
  type LoadedMessage,
  type OutageMessage,
  type ParentMessage,
  type ReportMessage,
  type StateMessage,
} from "./worker_protocol.ts";

/** How long a worker that cannot serve may take to end, in milliseconds; it may still have help to print. */
const END_AFTER_FAILURE = 2000;
/** How long a worker that is not needed may take to stop before it is killed, in milliseconds. */
const DISCARD_LIMIT = 1200;
/** How long the last messages of a worker may arrive after its end, in milliseconds. */
const LAST_WORDS = 50;
/**
 * How long to wait before a worker with a broken channel counts as cut off, in milliseconds: by then, one that is ending
 * has ended, and a late socket has arrived.
 */
const CUT_OFF_AFTER = 1000;

/** How a worker ended. */
export interface WorkerEnd {
  /** Its exit code, or null if a signal ended it. */
  readonly code: number | null;
  /** The signal, or null. */
  readonly signal: string | null;
  /** Why it could not serve, if known. */
  readonly reason?: string | undefined;
  /** The error that it reported. */
  readonly error?: Error | undefined;
  /** The number of connections lost with it. */
  readonly lost: number;
  /** A connection that it was offered and did not take. */
  readonly offer: AcceptedConnection | undefined;
}

/** Events of a worker, for the pool. */
export interface WorkerEvents {
  /** It has loaded its filters and checked everything. */
  loaded(summary: SetupSummary): void;
  /** It can serve. */
  ready(): void;
  /** It took a connection. */
  took(): void;
  /** It did not take this connection, which must wait again. */
  missed(offer: AcceptedConnection): void;
  /** One of its connections has ended. */
  closed(): void;
  /** It has no connections, and cannot take any. */
  broken(): void;
  /** It serves its connections, but can receive no more. */
  cutOff(): void;
  /** It sent a report. */
  reported(report: ProcessReport): void;
  /** It wants to know where the state of the service is; answered with a message. */
  wantsState(settings: StateSettings): void;
  /** The state does not answer it, or answers again. */
  outage(message: OutageMessage): void;
  /** It has ended. */
  ended(end: WorkerEnd): void;
}

/** A worker: another process of this program, with the same arguments. */
export class WorkerProcess implements Taker {
  /** Its number, from 1. */
  readonly number: number;
  /** Whether it can serve. */
  ready = false;
  /** Whether it has ended. */
  over = false;
  readonly #child: ChildProcess;
  // It has the same descriptor limit as this process.
  readonly #connections = new WorkerConnections(connectionsByDescriptors());
  readonly #events: WorkerEvents;
  /** When it was asked whether it is alive; undefined once it has answered. */
  #askedAt: number | undefined;
  #isLoaded = false;
  #reason: string | undefined;
  #error: Error | undefined;
  /** Whether the channel to it works. */
  #connected = true;
  /** The id of the last hand-over that was withdrawn. */
  #withdrawn: number | undefined;
  /** The timer after which it counts as cut off, unless its channel proves to work. */
  #cutOffSoon: ReturnType<typeof setTimeout> | undefined;
  /** Whether the pool was told that it cannot take connections. */
  #failed = false;
  /** Whether it sends reports. */
  #reports = false;
  /** Callbacks that wait for its report, in the order in which it was requested. */
  readonly #asking: (() => void)[] = [];

  /**
   * Starts the worker.
   *
   * @param number its number, from 1
   * @param identity what all processes of the service have in common
   * @param snapshot the texts of the configuration; undefined if it reads the files
   * @param events receives its events
   */
  constructor(
    number: number,
    identity: ServiceIdentity,
    snapshot: ConfigSnapshot | undefined,
    events: WorkerEvents,
  ) {
    this.number = number;
    this.#events = events;
    const { program, args, name } = ownCommand();
    this.#child = spawn(program, args, {
      ...(name === undefined ? {} : { argv0: name }),
      env: { ...process.env, ...workerVariables(number, identity, snapshot) },
      // The parent sends orders and questions over standard input; when that ends, the worker knows the parent has died.
      stdio: ["pipe", "inherit", "inherit", "ipc"],
    });
    this.#child.stdin!.on("error", () => {});
    this.#child.on("message", (message) => this.#heard(message as FromWorker | null));
    const ended = (code: number | null, signal: string | null) => {
      if (this.over) return;
      this.over = true;
      this.ready = false;
      for (const answered of this.#asking.splice(0)) answered();
      // It may have taken a connection just before it died; no other worker may get that one.
      setTimeout(() => {
        const { taken, offered } = this.#connections.end();
        for (const each of taken) each.release();
        events.ended({
          code,
          signal,
          reason: this.#reason,
          error: this.#error,
          lost: taken.length,
          offer: offered,
        });
      }, LAST_WORDS);
    };
    this.#child.on("error", (error) => {
      if (this.#child.pid !== undefined) return;
      this.#reason = error.message;
      ended(1, null);
    });
    this.#child.on("exit", (code, signal) => ended(code, signal));
    this.#child.on("disconnect", () => {
      // A worker that is ending disconnects too, and is gone soon.
      setTimeout(() => this.#cutOff(), CUT_OFF_AFTER).unref();
    });
  }

  /** The number of connections that it has. */
  get held(): number {
    return this.#connections.held;
  }

  /** Its process id; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it has not yet answered to the last connection that it was handed. */
  get offered(): boolean {
    return this.#connections.offered;
  }

  /** Whether connections must go to others for now: it does not answer, has no room, or does not run. */
  unavailable(now: number): boolean {
    if (!this.ready || !this.#connected || this.#cutOffSoon !== undefined) return true;
    return this.#connections.stuck(now) || this.#connections.resting(now);
  }

  /** Asks whether it is alive, unless an answer to that is still due. */
  ask(now: number): void {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = now;
    this.tell({ type: "ask" });
  }

  /** How long it has not answered, in milliseconds. */
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

  /** Withdraws a connection that it did not answer to in time, and reports a worker that cannot take any. */
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

  /** Sends a message. If that fails, the worker is ending, which is noticed elsewhere. */
  tell(message: ParentMessage): void {
    this.#child.stdin?.write(encodeMessage(message));
  }

  /** Requests a report; settles once it has arrived or the worker has ended. */
  report(): Promise<void> {
    if (this.over || !this.#reports) return Promise.resolve();
    this.tell({ type: "report" });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  /** Kills it with SIGKILL. */
  kill(): void {
    if (!this.over) this.#child.kill("SIGKILL");
  }

  /** Ends it before it has had a connection: kills it, or stops it first if its filters are made, so that they can end. */
  discard(): void {
    if (!this.#isLoaded) return this.kill();
    this.tell({ type: "stop", timeout: 0 });
    setTimeout(() => this.kill(), DISCARD_LIMIT).unref();
  }

  /** The runtime has sent a connection, or has given up on it; with an error, it did not arrive. */
  #sent(id: number, error: Error | null | undefined): void {
    this.#connections.sent(id);
    if (error) this.#missed(id);
  }

  #missed(id: number): void {
    const offer = this.#connections.missed(id, performance.now());
    if (offer) this.#events.missed(offer);
  }

  /** Handles a broken channel to a worker that is still alive. */
  #cutOff(): void {
    if (this.over || !this.#connected) return;
    this.#connected = false;
    // The worker may or may not have this connection, so no other one may get it.
    this.#connections.presumeTaken()?.socket.destroy();
    this.#events.cutOff();
  }

  #heard(message: FromWorker | null): void {
    // Null comes only from a filter, which has this channel too.
    switch (message?.type) {
      case "report":
        this.#reports = message.why !== "end";
        this.#events.reported(message.report);
        if (message.why === "end") this.tell({ type: "heard" });
        if (message.why === "asked") this.#asking.shift()?.();
        return;
      case "failed":
        this.#reason = whyItFailed(message.error);
        this.#error = errorOf(message.error);
        // A filter may keep it from ending.
        setTimeout(() => this.kill(), END_AFTER_FAILURE).unref();
        return;
      case "loaded":
        this.#isLoaded = true;
        return this.#events.loaded(message.summary);
      case "state":
        return this.#events.wantsState(message.settings);
      case "outage":
        return this.#events.outage(message);
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
        // After it has lost a socket, Deno sends nothing more; a socket that arrives late shows that the channel works.
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

type FromWorker = ToParent | LoadedMessage | FailedMessage | OutageMessage | ReportMessage | StateMessage;
