/**
 * One connection of the soak test: an MTA that passes messages through the filter and occasionally fails or misbehaves.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import {
  type FilterAnswer,
  type FilterReply,
  MtaSession,
  type NegotiatedTerms,
} from "../../lib/protocol/mta_session.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { type Burst, makeScript, type Script, withQueueId } from "../../cli/commands/bench/script.ts";
import { makeSample } from "../../cli/commands/bench/sample.ts";
import { at } from "../../tests/support/present.ts";
import type { Fate, Plan, SampleName } from "./plan.ts";

/** What stands for the queue id in what is laid out. */
const QUEUE_ID = "0123456789ABCDEF";
/** Longest wait for an answer, in milliseconds; no filter here may take so long. */
const TIMEOUT = 60_000;

/** Whom a connection asks for work, and tells what came of it. */
export interface SoakOwner {
  readonly plan: Plan;
  /** Whether one more message may be started; it counts then. */
  take(): boolean;
  /** A message, or what was begun of it, is over in this way. */
  over(outcome: string): void;
  /** Something that should not be. */
  wrong(what: string): void;
  /** The connection is gone, and is to be replaced while there is work. */
  gone(connection: SoakConnection): void;
}

/** The packets of a message from a sender. Messages are the same on every connection, so they are laid out once. */
export class Scripts {
  readonly #scripts = new Map<string, Script>();

  /**
   * @param terms what the filter agreed to, the same on all connections
   * @param name the message
   * @param sender the local part of the sender
   */
  of(terms: NegotiatedTerms, name: SampleName, sender: string): Script {
    const key = `${name} ${sender}`;
    let script = this.#scripts.get(key);
    if (!script) {
      const size = name === "too-large" ? 120_000 : name === "two-recipients" ? 30_000 : 1500;
      const sample = makeSample(size, 10, name === "two-recipients" ? 2 : 1, QUEUE_ID);
      script = makeScript(terms, { ...sample, from: `${sender}@example.net` }, QUEUE_ID);
      this.#scripts.set(key, script);
    }
    return script;
  }
}

/** A connection that does what the plan says until there is no more to do. */
export class SoakConnection {
  readonly #socket: Socket;
  readonly #owner: SoakOwner;
  readonly #scripts: Scripts;
  readonly #session = new MtaSession();
  #fate: Fate | undefined;
  #bursts: readonly Burst[] = [];
  #at = 0;
  #queueId: Uint8Array = toBytes(QUEUE_ID);
  #recipients = 0;
  #seen: Uint8Array | undefined;
  #first = true;
  #expectsClose = false;
  #over = false;
  #deadline = performance.now() + TIMEOUT;

  /**
   * @param path the filter's unix socket
   * @param owner whom to ask and tell
   * @param scripts shared by all connections
   */
  constructor(path: string, owner: SoakOwner, scripts: Scripts) {
    this.#owner = owner;
    this.#scripts = scripts;
    // Not by the library's own transport: that has no way to close only half of a connection.
    const socket = this.#socket = connect({ path });
    socket.on("data", (bytes: Uint8Array) => this.#data(new Uint8Array(bytes)));
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
    this.#session.negotiate();
    socket.write(this.#session.takeOutput());
  }

  /** Complains where an answer is overdue. */
  checkTime(now: number): void {
    if (this.#over || now < this.#deadline) return;
    this.#owner.wrong(`no answer to ${this.#session.awaiting ?? "what is no packet"} in ${TIMEOUT} ms`);
    this.#deadline = Infinity;
    this.#socket.destroy();
  }

  #data(bytes: Uint8Array): void {
    if (this.#over || this.#expectsClose) return;
    this.#session.receive(bytes);
    try {
      while (!this.#over && !this.#expectsClose) {
        const event = this.#session.awaiting;
        const reply = event && this.#session.next();
        if (!reply) return;
        this.#take(event, reply);
      }
    } catch (error) {
      this.#owner.wrong((error as Error).message);
      this.#socket.destroy();
    }
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#fate) {
      const { kind } = this.#fate;
      if (!this.#expectsClose) this.#owner.wrong(`the connection was closed at ${this.#session.awaiting}`);
      this.#owner.over(this.#expectsClose ? kind : "lost");
    } else if (!this.#expectsClose) {
      this.#owner.wrong("the connection was closed between messages");
    }
    this.#owner.gone(this);
  }

  #take(event: string, reply: FilterReply): void {
    this.#deadline = performance.now() + TIMEOUT;
    switch (reply.type) {
      case "negotiated":
        return this.#start();
      case "progress":
        return;
      case "modification":
        if (reply.modification.type === "addHeader" && reply.modification.name.length === 6) {
          if (String.fromCharCode(...reply.modification.name) === "X-Soak") {
            this.#seen = reply.modification.value;
          }
        }
        return;
      case "answer":
        return this.#answered(event, reply.answer);
    }
  }

  #answered(event: string, { verdict, reply, hangUp }: FilterAnswer): void {
    switch (verdict) {
      case "continue":
        if (event === "eom") return this.#accepted();
        return this.#go();
      case "skip":
        this.#at = this.#bursts.length - 1;
        return this.#go();
      default:
        if (event === "rcpt" && --this.#recipients > 0) return this.#go();
        return this.#decided(`${event} ${reply?.code ?? hangUp ?? verdict}`);
    }
  }

  /** Begins the next message, or says goodbye. */
  #start(): void {
    const { plan } = this.#owner;
    if (!this.#owner.take()) {
      this.#fate = undefined;
      this.#expectsClose = true;
      this.#session.quit();
      this.#socket.write(this.#session.takeOutput());
      this.#socket.end();
      return;
    }
    const fate = this.#fate = plan.fate();
    const [sample, sender] = fate.kind === "whole" ? [fate.sample, fate.sender] : ["usual", "ok"] as const;
    const script = this.#scripts.of(this.#session.terms!, sample, sender);
    this.#bursts = this.#first ? script.first : script.next;
    this.#first = false;
    this.#at = 0;
    this.#seen = undefined;
    this.#recipients = sample === "two-recipients" ? 2 : 1;
    this.#queueId = toBytes(plan.below(2 ** 48).toString(16).toUpperCase().padStart(16, "0"));
    this.#go();
  }

  /** Sends up to the next event that is answered, or does what the message is to suffer there. */
  #go(): void {
    const fate = this.#fate!;
    const { event, pieces } = this.#burst();
    if (fate.kind !== "whole" && this.#at >= Math.min(fate.after, this.#bursts.length - 1)) {
      return this.#suffer(fate);
    }
    this.#at++;
    this.#session.awaiting = event;
    for (const piece of pieces) this.#socket.write(withQueueId(piece, this.#queueId));
  }

  #burst(): Burst {
    return at(this.#bursts, this.#at);
  }

  #suffer(fate: Exclude<Fate, { kind: "whole" }>): void {
    if (fate.kind === "abort") {
      // Where nothing was sent yet there is nothing to abort: an MTA may say so all the same.
      this.#session.abort();
      this.#socket.write(this.#session.takeOutput());
      return this.#decided("abort");
    }
    this.#expectsClose = true;
    if (fate.kind === "garbage") {
      // What is no packet ends the connection; where it is one that may stand there, the next one does.
      this.#socket.write(fate.bytes);
      this.#socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0));
      this.#socket.write(new Uint8Array(300));
      return;
    }
    const bytes = withQueueId(at(this.#burst().pieces, 0), this.#queueId);
    this.#socket.write(bytes.slice(0, this.#owner.plan.below(bytes.length)));
    if (fate.half) this.#socket.end();
    else this.#socket.destroy();
  }

  #accepted(): void {
    const id = new TextDecoder().decode(this.#seen).trim();
    const own = new TextDecoder().decode(this.#queueId);
    if (id !== own) this.#owner.wrong(`message ${own} was given the header of ${id || "none"}`);
    this.#decided("accepted");
  }

  #decided(outcome: string): void {
    const fate = this.#fate;
    this.#fate = undefined;
    if (
      fate?.kind === "whole" && fate.sender === "ok" && fate.sample !== "too-large" && outcome !== "accepted"
    ) {
      this.#owner.wrong(`a good message ended with ${outcome}`);
    }
    this.#owner.over(outcome);
    const next = this.#owner.plan.next();
    if (next === "same-connection") return this.#start();
    if (next === "next-client") {
      this.#session.quit(true);
      this.#socket.write(this.#session.takeOutput());
      this.#first = true;
      return this.#start();
    }
    this.#expectsClose = true;
    this.#session.quit();
    this.#socket.write(this.#session.takeOutput());
    this.#socket.end();
  }
}
