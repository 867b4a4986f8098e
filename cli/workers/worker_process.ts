/**
 * One worker, seen from its parent.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import process from "node:process";
import type { ToParent, ToWorker } from "../../lib/net/handover.ts";
import type { ProcessReport } from "../observe/process_report.ts";
import { type ReportMessage, ReportQuestion } from "./report_messages.ts";

/** The variable that tells a process which worker it is. */
export const WORKER_VARIABLE = "MILTERKIT_WORKER";

/** How long a worker may take to take a connection before others are preferred, in milliseconds. */
const STUCK_AFTER = 100;
/** How long the last words of a worker that has ended may be on their way, in milliseconds. */
const LAST_WORDS = 50;

/** What a worker says that cannot serve, before it ends. */
export interface WorkerFailure {
  readonly type: "failed";
  /** Why. */
  readonly reason: string;
}

/** A connection that waits for a worker, or has one. */
export interface Offer {
  readonly socket: Socket;
  readonly overTcp: boolean;
  /** Where it was taken. */
  readonly address: string;
  /** Has it count no more: it is over. */
  release(): void;
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
  readonly offer: Offer | undefined;
}

/** What a pool wants to know of a worker. */
export interface WorkerEvents {
  /** It can serve. */
  ready(): void;
  /** It took a connection, or one is over: it may be given another. */
  free(): void;
  /** It told what came to pass. */
  reported(report: ProcessReport): void;
  /** It has ended. */
  ended(end: WorkerEnd): void;
}

/** A worker: this same program, run again with the same arguments. */
export class WorkerProcess {
  /** Its number, from 1. */
  readonly number: number;
  /** Whether it can serve. */
  ready = false;
  /** Whether it has ended. */
  over = false;
  readonly #child: ChildProcess;
  /** The connections that it has, by the numbers that it knows them by. */
  readonly #held = new Map<number, Offer>();
  #serial = 0;
  #offer: Offer | undefined;
  #offeredAt = 0;
  /** When it was asked whether it is alive; undefined where it has answered. */
  #askedAt: number | undefined;
  #reason: string | undefined;
  /** Whether it counts what it does. */
  #reports = false;
  /** Who waits for a report of it, in the order in which they asked. */
  readonly #asking: (() => void)[] = [];

  /**
   * Starts it.
   *
   * @param number its number
   * @param environment what its environment has beside ours
   * @param events told of what it does
   */
  constructor(number: number, environment: Readonly<Record<string, string>>, events: WorkerEvents) {
    this.number = number;
    const { program, args } = ownCommand();
    this.#child = spawn(program, args, {
      env: { ...process.env, ...environment, [WORKER_VARIABLE]: String(number) },
      // Over standard input go questions for reports; its end is what tells a worker that its parent has died.
      stdio: ["pipe", "inherit", "inherit", "ipc"],
    });
    this.#child.stdin!.on("error", () => {});
    this.#child.on("message", (message) => this.#heard(message as FromWorker, events));
    const ended = (code: number | null, signal: string | null) => {
      if (this.over) return;
      this.over = true;
      this.ready = false;
      for (const answered of this.#asking.splice(0)) answered();
      // It may have taken a connection with its last breath, which nobody else may have then.
      setTimeout(() => {
        const offer = this.#offer;
        const lost = [...this.#held.values()].filter((each) => each !== offer);
        for (const each of lost) each.release();
        this.#held.clear();
        events.ended({ code, signal, reason: this.#reason, lost: lost.length, offer });
      }, LAST_WORDS);
    };
    this.#child.on("error", (error) => {
      if (this.#child.pid !== undefined) return;
      this.#reason = error.message;
      ended(1, null);
    });
    this.#child.on("exit", (code, signal) => ended(code, signal));
  }

  /** How many connections it has. */
  get held(): number {
    return this.#held.size;
  }

  /** Its process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it has not yet taken the connection that it was given last. */
  get offered(): boolean {
    return this.#offer !== undefined;
  }

  /** Whether it has had a connection for too long without taking it. */
  stuck(now: number): boolean {
    return this.#offer !== undefined && now - this.#offeredAt > STUCK_AFTER;
  }

  /** Asks whether it is alive, unless it has yet to answer that. */
  ask(now: number): void {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = now;
    this.#child.stdin!.write(ReportQuestion.ALIVE);
  }

  /** For how long it has not answered, in milliseconds. */
  silence(now: number): number {
    return this.#askedAt === undefined ? 0 : now - this.#askedAt;
  }

  /** Gives it a connection; one at a time. */
  give(offer: Offer): void {
    const id = ++this.#serial;
    this.#held.set(id, offer);
    this.#offer = offer;
    this.#offeredAt = performance.now();
    const { socket, overTcp, address } = offer;
    this.#send({ type: "connection", id, overTcp, address }, socket);
  }

  /** Tells it something. */
  tell(message: ToWorker): void {
    this.#send(message);
  }

  /** Has it tell what came to pass since it last did; done once it has, or has ended. */
  report(): Promise<void> {
    if (this.over || !this.#reports) return Promise.resolve();
    this.#child.stdin!.write(ReportQuestion.TELL);
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  /** Ends it without a word. */
  kill(): void {
    if (!this.over) this.#child.kill("SIGKILL");
  }

  #send(message: ToWorker, socket?: Socket): void {
    // What fails here fails because the worker is ending, and that is seen.
    try {
      this.#child.send(message, socket, { keepOpen: true }, () => {});
    } catch {
      // As above.
    }
  }

  #heard(message: FromWorker, events: WorkerEvents): void {
    switch (message.type) {
      case "report":
        this.#reports = message.why !== "end";
        events.reported(message.report);
        if (message.why === "end") this.#child.stdin!.write(ReportQuestion.HEARD);
        if (message.why === "asked") this.#asking.shift()?.();
        return;
      case "failed":
        this.#reason = message.reason;
        return;
      case "ready":
        this.ready = true;
        return events.ready();
      case "alive":
        this.#askedAt = undefined;
        return;
      case "took":
        this.#offer?.socket.destroy();
        this.#offer = undefined;
        return events.free();
      case "closed":
        this.#held.get(message.id)?.release();
        this.#held.delete(message.id);
        return events.free();
    }
  }
}

type FromWorker = ToParent | WorkerFailure | ReportMessage;

/** How this program was started. Deno's `node:child_process` puts `run -A` before a script. */
function ownCommand(): { program: string; args: string[] } {
  const [, script, ...args] = process.argv;
  const compiled = script.startsWith("/$bunfs/");
  return {
    program: process.execPath,
    args: compiled ? args : [...process.execArgv, script, ...args],
  };
}
