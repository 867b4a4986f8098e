/**
 * A connection to a Valkey server: commands are pipelined, and replies arrive in the same order.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Clock } from "../../time/clock.ts";
import { RespReader } from "../resp/reader.ts";
import { ErrorReply, RespFormatError, type RespReply } from "../resp/reply.ts";
import { encodeCommand } from "../resp/writer.ts";
import { formatStateAddress, type ValkeyAddress } from "../state_address.ts";
import { StoreUnavailableError } from "../store.ts";
import { AddressFileError, dial, passwordOf } from "./dial.ts";
import { problemOfConnection, problemOfFormat, problemOfReply, type ServerProblem } from "./problems.ts";

/** The maximum number of commands without a reply. */
const MOST_WAITING = 10_000;
/** The maximum number of bytes that the system has not accepted yet. */
const MOST_QUEUED = 16 * 1024 * 1024;
/** How long to wait for a late reply to be read, in milliseconds: it may have arrived while this process was busy. */
const SECOND_LOOK = 20;

interface Waiting {
  readonly since: number;
  resolve(reply: RespReply): void;
  reject(error: Error): void;
}

/** Settings of a connection. */
export interface ConnectionOptions {
  /** The longest time for connecting, and for the reply to a command, in milliseconds. */
  readonly timeout: number;
  /** The clock. */
  readonly clock: Clock;
}

const encoder = new TextEncoder();

/** A logged-in connection. */
export class ValkeyConnection {
  readonly #address: ValkeyAddress;
  readonly #options: ConnectionOptions;
  readonly #reader = new RespReader();
  readonly #closed: () => void;
  #socket: Socket | undefined;
  /** Commands without a reply, from `#first` on. */
  #waiting: Waiting[] = [];
  #first = 0;
  /** Commands to be sent at the end of this turn of the event loop, in one piece. */
  #out = "";
  /** Whether bytes can be sent. */
  #isReady = false;
  /** Whether anything has come from the server. */
  #heard = false;
  #watching = false;
  /** The command that was late at the first check. */
  #late: Waiting | undefined;
  #failure: StoreUnavailableError | undefined;
  #ending = false;

  private constructor(address: ValkeyAddress, options: ConnectionOptions, closed: () => void) {
    this.#address = address;
    this.#options = options;
    this.#closed = closed;
  }

  /**
   * Connects and logs in.
   *
   * @param address where to
   * @param options settings
   * @param closed called once the connection is unusable, even if it never was usable
   * @throws {StoreUnavailableError} if that fails or takes too long
   */
  static async open(
    address: ValkeyAddress,
    options: ConnectionOptions,
    closed: () => void,
  ): Promise<ValkeyConnection> {
    const connection = new ValkeyConnection(address, options, closed);
    const callOff = options.clock.after(options.timeout, () => connection.#fail(connection.#silence), true);
    try {
      await connection.#connect();
      await connection.#logIn();
    } finally {
      callOff();
    }
    return connection;
  }

  #connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      // A placeholder command, which fails if connecting fails.
      this.#waiting.push({ since: Infinity, resolve: () => {}, reject });
      try {
        const socket = this.#socket = dial(this.#address, () => {
          if (this.#failure) return;
          this.#isReady = true;
          this.#waiting = [];
          resolve();
        });
        let error: Error | undefined;
        socket.on("error", (told) => error ??= told);
        socket.on("close", () => this.#fail(problemOfConnection(error, this.#address, !this.#heard)));
        socket.on("data", (bytes: Uint8Array) => this.#receive(bytes));
      } catch (error) {
        if (!(error instanceof AddressFileError)) throw error;
        this.#fail({ reason: error.message, lasting: true });
      }
    });
  }

  async #logIn(): Promise<void> {
    const { user, database } = this.#address;
    const commands: string[][] = [];
    let password: string | undefined;
    try {
      password = passwordOf(this.#address);
    } catch (error) {
      this.#fail({ reason: (error as Error).message, lasting: true });
      throw this.#failure!;
    }
    if (password !== undefined) {
      commands.push(user === undefined ? ["AUTH", password] : ["AUTH", user, password]);
    }
    if (database !== 0) commands.push(["SELECT", String(database)]);
    // The protocol has no greeting: only an answer shows that a server is there.
    if (commands.length === 0) commands.push(["PING"]);
    for (const reply of await Promise.all(commands.map((command) => this.call(command)))) {
      // A user without permission for PING is still logged in.
      if (!(reply instanceof ErrorReply) || reply.kind === "NOPERM") continue;
      this.#fail(problemOfReply(reply));
      throw this.#failure!;
    }
  }

  /**
   * Sends a command.
   *
   * @param words its name and arguments
   * @returns the reply, also if it is an error
   * @throws {StoreUnavailableError} if the connection breaks, or no reply comes in time
   */
  call(words: readonly string[]): Promise<RespReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const { clock } = this.#options;
      if (this.#waiting.length - this.#first >= MOST_WAITING || this.#queued > MOST_QUEUED) {
        return reject(this.#error("too many commands wait for it"));
      }
      this.#waiting.push({ since: clock.now(), resolve, reject });
      if (this.#out === "") queueMicrotask(() => this.#send());
      this.#out += encodeCommand(words);
      this.#watch();
    });
  }

  /** Whether commands can be sent. */
  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Closes once every command has its reply. */
  end(): void {
    this.#ending = true;
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#ending && this.#first === this.#waiting.length) {
      this.#fail({ reason: "the connection was closed by us", lasting: false });
    }
  }

  get #queued(): number {
    return (this.#socket?.writableLength ?? 0) + this.#out.length;
  }

  #send(): void {
    const out = this.#out;
    this.#out = "";
    if (!this.#failure) this.#socket?.write(encoder.encode(out));
  }

  #receive(bytes: Uint8Array): void {
    if (this.#failure) return;
    this.#heard = true;
    try {
      this.#reader.push(bytes);
      for (let reply = this.#reader.next(); reply !== undefined; reply = this.#reader.next()) {
        const waiting = this.#waiting[this.#first];
        if (!waiting) return this.#fail({ reason: "it sent a reply without a request", lasting: false });
        this.#first++;
        waiting.resolve(reply);
      }
    } catch (error) {
      if (!(error instanceof RespFormatError)) throw error;
      return this.#fail(problemOfFormat(error, this.#address));
    }
    if (this.#first === this.#waiting.length) {
      this.#waiting = [];
      this.#first = 0;
    }
    this.#endIfIdle();
  }

  /** Limits how long the oldest command waits. One timer serves all commands. */
  #watch(): void {
    if (this.#watching || this.#failure) return;
    const oldest = this.#waiting[this.#first];
    if (!oldest) return;
    const { clock, timeout } = this.#options;
    const left = oldest === this.#late ? SECOND_LOOK : Math.max(0, oldest.since + timeout - clock.now());
    this.#watching = true;
    clock.after(left, () => {
      this.#watching = false;
      const now = this.#waiting[this.#first];
      if (now && now === this.#late) {
        return this.#fail(this.#silence);
      }
      this.#late = now && clock.now() - now.since >= timeout ? now : undefined;
      this.#watch();
    }, true);
  }

  /**
   * The problem of a server that does not answer in time. A server without TLS waits for the rest of what it takes for
   * a line.
   */
  get #silence(): ServerProblem {
    const reason = `it did not answer within ${this.#options.timeout} ms`;
    const hint = this.#address.tls !== undefined && !this.#isReady;
    return { reason: hint ? `${reason}; if it does not use TLS, write redis://` : reason, lasting: false };
  }

  #error(reason: string, lasting: boolean = false): StoreUnavailableError {
    return new StoreUnavailableError(formatStateAddress(this.#address), reason, lasting);
  }

  /** Ends the connection; every command without a reply fails at once. */
  #fail({ reason, lasting }: ServerProblem): void {
    if (this.#failure) return;
    const failure = this.#failure = this.#error(reason, lasting);
    this.#socket?.destroy();
    const waiting = this.#waiting.slice(this.#first);
    this.#waiting = [];
    this.#first = 0;
    for (const { reject } of waiting) reject(failure);
    this.#closed();
  }
}
