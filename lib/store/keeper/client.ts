/**
 * A client for a store that a keeper in another process has.
 *
 * @module
 */

import { AddressError } from "../../net/address.ts";
import { connect } from "../../net/listen.ts";
import type { Connection, ConnectionHandler } from "../../net/transport.ts";
import { type Clock, systemClock } from "../../time/clock.ts";
import type { StateBackend, StateEntry, StateInfo } from "../backend.ts";
import { CalledStore, type StoreCall, type StoreResult } from "../calls.ts";
import { checkCall } from "../checks.ts";
import { StoreUnavailableError } from "../store.ts";
import {
  answerOfLine,
  type KeeperAnswer,
  type KeeperQuestion,
  LineReader,
  PROTOCOL,
  resultOf,
} from "./messages.ts";

/** The longest wait for a connection or an answer unless another one is given, in milliseconds. */
const TIMEOUT = 2000;
/** The minimum time between two attempts to connect, in milliseconds. */
const PAUSE = 50;

/** Settings of a client. */
export interface KeeperClientOptions {
  /** The longest wait for a connection or an answer, in milliseconds. @default 2000 */
  readonly timeout?: number;
  /** The clock for that. @default the system's */
  readonly clock?: Clock;
}

/**
 * A store that asks a keeper. The first call connects, and so does the first one after a connection was lost; calls
 * whose connection breaks fail at once, since it is unknown whether they were executed.
 */
export class KeeperClient extends CalledStore implements StateBackend {
  readonly #path: string;
  readonly #address: string;
  readonly #timeout: number;
  readonly #clock: Clock;
  #link: Link | undefined;
  #connecting: Promise<Link> | undefined;
  /** When the last attempt to connect failed, why, and whether no keeper was running. */
  #failed: { readonly at: number; readonly reason: string; readonly isNobodyThere: boolean } | undefined;
  #isClosed = false;

  /**
   * @param path the path of the keeper's socket
   * @param address the address of the store, for errors
   * @param options settings
   */
  constructor(
    path: string,
    address: string,
    { timeout = TIMEOUT, clock = systemClock }: KeeperClientOptions = {},
  ) {
    super();
    this.#path = path;
    this.#address = address;
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /**
   * Connects to a keeper, if one runs.
   *
   * @param path the path of its socket
   * @param address the address of the store, for errors
   * @throws {StoreUnavailableError} if one runs, but cannot be used
   */
  static async find(path: string, address: string): Promise<KeeperClient | undefined> {
    const client = new KeeperClient(path, address);
    try {
      await client.info();
      return client;
    } catch (error) {
      if (client.#failed?.isNobodyThere) return undefined;
      throw error;
    }
  }

  async *entries(prefix = ""): AsyncGenerator<StateEntry> {
    // A separate connection, since each has only one iteration at a time.
    const link = await this.#open();
    try {
      await this.#answered(link.ask(["entries", prefix]), undefined);
      while (true) {
        const some = await this.#answered(link.ask(["more"]), undefined) as readonly StateEntry[];
        if (some.length === 0) return;
        yield* some;
      }
    } finally {
      link.end();
    }
  }

  async info(): Promise<StateInfo & { readonly saveProblem?: string }> {
    const link = this.#link ?? await this.#connect();
    return await this.#answered(link.ask(["info"]), undefined) as StateInfo;
  }

  // deno-lint-ignore require-await -- others have to wait
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#link?.end();
  }

  protected override async call(call: StoreCall): Promise<StoreResult> {
    checkCall(call);
    const link = this.#link ?? await this.#connect();
    return await this.#answered(link.ask(call), call[1]) as StoreResult;
  }

  async #answered(answer: Promise<KeeperAnswer>, value: unknown): Promise<unknown> {
    return resultOf(await answer, this.#address, value);
  }

  #connect(): Promise<Link> {
    if (this.#isClosed) return Promise.reject(this.#unavailable("the store is closed"));
    if (this.#connecting) return this.#connecting;
    if (this.#failed && this.#clock.now() - this.#failed.at < PAUSE) {
      return Promise.reject(this.#unavailable(this.#failed.reason));
    }
    return this.#connecting = this.#open().then((link) => {
      if (link.isOpen) this.#link = link;
      return link;
    }).finally(() => this.#connecting = undefined);
  }

  async #open(): Promise<Link> {
    let link!: Link;
    try {
      const lost = () => {
        if (this.#link === link) this.#link = undefined;
      };
      await connect({ kind: "unix", path: this.#path }, (connection) => {
        return link = new Link(
          connection,
          this.#timeout,
          this.#clock,
          (reason) => this.#unavailable(reason),
          lost,
        );
      }, { timeout: this.#timeout, clock: this.#clock });
    } catch (error) {
      const why = error instanceof AddressError ? error.reason : (error as Error).message;
      const reason = `its keeper cannot be reached: ${why}`;
      this.#failed = { at: this.#clock.now(), reason, isNobodyThere: isNobodyThere(error) };
      throw this.#unavailable(reason);
    }
    await this.#answered(link.ask(["hello", PROTOCOL]), undefined);
    this.#failed = undefined;
    return link;
  }

  #unavailable(reason: string): StoreUnavailableError {
    return new StoreUnavailableError(this.#address, reason);
  }
}

/** Whether nothing listens on a socket: it does not exist, or its process has ended without removing it. */
function isNobodyThere(error: unknown): boolean {
  return error instanceof AddressError &&
    (error.systemCode === "ENOENT" || error.systemCode === "ECONNREFUSED");
}

interface Asked {
  readonly at: number;
  readonly resolve: (answer: KeeperAnswer) => void;
  readonly reject: (error: Error) => void;
}

const encoder = new TextEncoder();

/** A connection to a keeper. */
class Link implements ConnectionHandler {
  /** Whether requests can be sent. */
  isOpen = true;
  readonly #connection: Connection;
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #errorOf: (reason: string) => Error;
  readonly #lost: () => void;
  readonly #lines = new LineReader();
  /** The requests without an answer, the oldest first. */
  readonly #asked = new Map<number, Asked>();
  #last = 0;
  #unsent = "";
  #cancel: (() => void) | undefined;

  constructor(
    connection: Connection,
    timeout: number,
    clock: Clock,
    errorOf: (reason: string) => Error,
    lost: () => void,
  ) {
    this.#connection = connection;
    this.#timeout = timeout;
    this.#clock = clock;
    this.#errorOf = errorOf;
    this.#lost = lost;
  }

  /** Sends a request, batched with others made in the same turn of the event loop. */
  ask(request: StoreCall | KeeperQuestion): Promise<KeeperAnswer> {
    if (!this.isOpen) return Promise.reject(this.#errorOf("its keeper has gone"));
    const id = ++this.#last;
    if (this.#unsent === "") queueMicrotask(() => this.#send());
    this.#unsent += `${JSON.stringify([id, ...request])}\n`;
    this.#watch();
    return new Promise((resolve, reject) => this.#asked.set(id, { at: this.#clock.now(), resolve, reject }));
  }

  end(): void {
    this.#end("the store is closed");
    this.#connection.end();
  }

  data(bytes: Uint8Array): void {
    try {
      for (const line of this.#lines.read(bytes)) {
        const answer = answerOfLine(line);
        const asked = this.#asked.get(answer[0]);
        this.#asked.delete(answer[0]);
        asked?.resolve(answer);
      }
    } catch (error) {
      this.#end(`something else answers there: ${(error as Error).message}`);
      this.#connection.destroy();
    }
  }

  drain(): void {}

  closed(): void {
    this.#end("its keeper has gone");
  }

  #send(): void {
    if (this.isOpen && this.#unsent !== "") this.#connection.write(encoder.encode(this.#unsent));
    this.#unsent = "";
  }

  /** Gives up if there is no answer in time. */
  #watch(): void {
    this.#cancel ??= this.#clock.after(this.#timeout, () => {
      this.#cancel = undefined;
      const [oldest] = this.#asked.values();
      if (!oldest) return;
      if (this.#clock.now() - oldest.at < this.#timeout) return this.#watch();
      this.#end(`no answer within ${this.#timeout} ms`);
      this.#connection.destroy();
    }, true);
  }

  #end(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#cancel?.();
    this.#lost();
    for (const { reject } of this.#asked.values()) reject(this.#errorOf(reason));
    this.#asked.clear();
  }
}
