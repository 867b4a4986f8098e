/**
 * Generates the load: keeps connections busy until everything is sent.
 *
 * @module
 */

import { type Address, formatAddress } from "../../../lib/net/address.ts";
import { connect } from "../../../lib/net/listen.ts";
import type { NegotiatedTerms } from "../../../lib/protocol/mta_session.ts";
import { toBytes } from "../../../lib/protocol/text.ts";
import { LoadConnection, type LoadOwner, type Start } from "./load_connection.ts";
import { type FaultKind, type Finished, Results } from "./results.ts";
import type { SampleMessage } from "./sample.ts";
import { type LoadPlan, Schedule } from "./schedule.ts";
import { makeScript, type Script } from "./script.ts";

/** What to send, where to, and how. */
export interface LoadSettings extends LoadPlan {
  /** The milter's address. */
  readonly address: Address;
  /** Number of concurrent connections. */
  readonly connections: number;
  /** Messages on each connection before a new one replaces it. */
  readonly perConnection: number;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeout: number;
  /** The message. */
  readonly sample: SampleMessage;
  /** The placeholder for the queue id in it. */
  readonly queueId: string;
}

/** The milter could not be measured at all. */
export class LoadError extends Error {
  override readonly name = "LoadError";
  /** What failed. */
  readonly code: FaultKind;
  /** The milter's address. */
  readonly value: string;

  /**
   * @param code what failed
   * @param value the milter's address
   * @param message a line that says what failed
   */
  constructor(code: FaultKind, value: string, message: string) {
    super(message);
    this.code = code;
    this.value = value;
  }
}

/** How often to check for timeouts, in milliseconds. */
const SWEEP_INTERVAL = 100;
/** Pause before the next attempt to connect after a failure, in milliseconds. */
const RETRY_DELAY = 250;
/** Time without any answer, while connections fail, after which the milter counts as gone, in milliseconds. */
const GIVE_UP = 2000;
/** Number of digits at the end of a queue id that count the messages. */
const QUEUE_ID_DIGITS = 7;

/** Sends messages to a milter. */
export class Load implements LoadOwner {
  /** The results so far. */
  readonly results: Results = new Results();
  /** What was negotiated on the first connection; undefined before. */
  terms: NegotiatedTerms | undefined;
  /** Why it ended before everything was sent: `stopped` by a signal, or the milter is `gone`. Otherwise undefined. */
  endedEarly: "stopped" | "gone" | undefined;
  /** When messages start, and how many have. */
  readonly schedule: Schedule;
  readonly #settings: LoadSettings;
  readonly #scripts = new Map<string, Script>();
  readonly #open = new Set<LoadConnection>();
  /** Connections that wait for the start of their next message. */
  readonly #free: LoadConnection[] = [];
  /** Number of connections that are open, being opened, or to be retried soon. */
  #count = 0;
  #serial = 0;
  #lastAnswer = 0;
  #over = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sweep: ReturnType<typeof setInterval> | undefined;
  #resolve!: () => void;

  /** @param settings what to send, where to, and how */
  constructor(settings: LoadSettings) {
    this.#settings = settings;
    this.schedule = new Schedule(settings);
  }

  /**
   * Runs until everything is sent and answered.
   *
   * @throws {LoadError} if the first connection fails; it is tried alone, since the others would fail as well
   * @throws {AddressError} if nobody listens
   */
  async run(): Promise<void> {
    const done = new Promise<void>((resolve) => this.#resolve = resolve);
    this.#sweep = setInterval(() => this.#checkTimes(), SWEEP_INTERVAL);
    this.#count = 1;
    try {
      await Promise.race([this.#dial(), done]);
      await done;
    } finally {
      this.#end();
    }
    const [fault] = this.results.faults;
    if (this.terms === undefined && fault) {
      const [code, { first }] = fault;
      const address = formatAddress(this.#settings.address);
      throw new LoadError(code, address, `Cannot measure ${address}: ${first}`);
    }
  }

  /** Ends the run at once. Messages without a final answer do not count. */
  stop(): void {
    this.endedEarly ??= "stopped";
    this.#end();
  }

  script(terms: NegotiatedTerms): Script {
    const key = `${terms.version} ${terms.protocol}`;
    let script = this.#scripts.get(key);
    if (!script) {
      this.#scripts.set(key, script = makeScript(terms, this.#settings.sample, this.#settings.queueId));
    }
    return script;
  }

  queueId(): Uint8Array {
    const serial = (++this.#serial).toString(16).toUpperCase().padStart(QUEUE_ID_DIGITS, "0");
    return toBytes(this.#settings.queueId.slice(0, -QUEUE_ID_DIGITS) + serial.slice(-QUEUE_ID_DIGITS));
  }

  ready(connection: LoadConnection): void {
    const now = performance.now();
    this.#lastAnswer = now;
    this.results.connecting.add(now - connection.opened);
    const first = this.terms === undefined;
    this.terms ??= connection.terms;
    this.#next(connection);
    for (let i = 1; first && i < this.#settings.connections; i++) this.#openAnother();
  }

  finished(connection: LoadConnection, message: Finished & Start, over: boolean): void {
    const now = this.#lastAnswer = performance.now();
    if (message.counts) this.results.finish(message, now);
    if (!over && connection.messages < this.#settings.perConnection) return this.#next(connection);
    this.#close(connection);
    this.#openAnother();
  }

  refused({ counts }: Start): void {
    if (counts) this.results.refusedRecipients++;
  }

  changed({ counts }: Start, type: string): void {
    if (counts) this.results.change(type);
  }

  broke(connection: LoadConnection, kind: FaultKind, what: string): void {
    this.#open.delete(connection);
    const free = this.#free.indexOf(connection);
    if (free >= 0) this.#free.splice(free, 1);
    this.results.fault(kind, what);
    this.#count--;
    if (this.terms === undefined) return this.#end();
    this.#tryAgain();
  }

  /** Gives a connection its next message, makes it wait for one, or closes it if there is none. */
  #next(connection: LoadConnection): void {
    if (this.#over) return;
    const now = performance.now();
    const turn = this.schedule.next(now);
    if (turn && "at" in turn) return connection.send(turn);
    if (turn) {
      this.#free.push(connection);
      this.#timer ??= setTimeout(() => this.#startDue(), turn.wait);
      return;
    }
    this.#close(connection);
    this.#endIfDone();
  }

  /** Starts the messages that are due on the connections that wait. */
  #startDue(): void {
    this.#timer = undefined;
    while (this.#free.length > 0 && !this.#over) {
      const now = performance.now();
      const turn = this.schedule.next(now);
      if (turn && "wait" in turn) {
        this.#timer = setTimeout(() => this.#startDue(), turn.wait);
        return;
      }
      const connection = this.#free.shift()!;
      if (turn) {
        if (turn.counts) this.results.late.add(now - turn.at);
        connection.send(turn);
      } else {
        this.#close(connection);
      }
    }
    this.#endIfDone();
  }

  #openAnother(): void {
    if (this.#over || this.schedule.done(performance.now())) return this.#endIfDone();
    this.#count++;
    this.#dial().catch((error) => {
      this.#count--;
      this.results.fault("cannot-connect", (error as Error).message);
      this.#tryAgain();
    });
  }

  async #dial(): Promise<void> {
    const { address, timeout } = this.#settings;
    const opened = performance.now();
    await connect(address, (socket) => {
      const connection = new LoadConnection(socket, this, opened, timeout);
      if (this.#over) connection.destroy();
      else this.#open.add(connection);
      return connection;
    }, { timeout });
  }

  #tryAgain(): void {
    if (this.#over) return;
    if (performance.now() - this.#lastAnswer > GIVE_UP && this.#open.size === 0) {
      this.endedEarly = "gone";
      return this.#end();
    }
    this.#count++;
    setTimeout(() => {
      this.#count--;
      this.#openAnother();
    }, RETRY_DELAY);
  }

  #close(connection: LoadConnection): void {
    this.#open.delete(connection);
    this.#count--;
    connection.quit();
  }

  #endIfDone(): void {
    if (this.#count === 0 && this.schedule.done(performance.now())) this.#end();
  }

  #checkTimes(): void {
    const now = performance.now();
    for (const connection of this.#open) connection.checkTime(now);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    clearInterval(this.#sweep);
    for (const connection of this.#open) connection.destroy();
    this.#open.clear();
    this.#resolve();
  }
}
