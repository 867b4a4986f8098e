/**
 * One connection to clamd: a command, perhaps with a stream, and its reply.
 *
 * @module
 */

import { concatenated } from "../../lib/message/text.ts";
import { type Address, AddressError, formatAddress } from "../../lib/net/address.ts";
import { DialTimeoutError } from "../../lib/net/dial_with_timeout.ts";
import { connect } from "../../lib/net/listen.ts";
import type { Connection } from "../../lib/net/transport.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { ClamdError, unreachableText } from "./errors.ts";
import { chunkHead, type ClamdCommand, commandBytes, MAX_REPLY } from "./protocol.ts";

/** With more unsent bytes than this, the sender should wait. */
export const MAX_UNSENT = 256 * 1024;

/** Pieces of a stream are sent together, as one chunk, from this size on: header fields are small and many. */
const LEAST_CHUNK = 32 * 1024;

/** A connection to clamd. */
export class ClamdConnection {
  readonly #clock: Clock;
  readonly #address: string;
  #connection!: Connection;
  readonly #decoder = new TextDecoder();
  /** What belongs to the next chunk. */
  #pieces: Uint8Array[] = [];
  #size = 0;
  #received = "";
  #answer: string | undefined;
  #lost: ClamdError | undefined;
  /** Called whenever something that may be waited for happens. */
  #wake: (() => void) | undefined;

  private constructor(address: string, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
  }

  /**
   * Connects.
   *
   * @param address where clamd listens
   * @param timeout the longest wait, in milliseconds
   * @param clock the clock for it
   * @throws {ClamdError} `unreachable` or `timeout`
   */
  static async open(address: Address, timeout: number, clock: Clock): Promise<ClamdConnection> {
    const text = formatAddress(address);
    const opened = new ClamdConnection(text, clock);
    try {
      opened.#connection = await connect(
        address,
        (connection) => {
          opened.#connection = connection;
          return {
            data: (bytes) => opened.#take(bytes),
            drain: () => opened.#wake?.(),
            closed: (error) => opened.#lose(error),
          };
        },
        { timeout, clock },
      );
      return opened;
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      const isLate = error.cause instanceof DialTimeoutError;
      throw new ClamdError(isLate ? "timeout" : "unreachable", text, unreachableText(error), {
        cause: error,
      });
    }
  }

  /** The reply, as soon as it is there. */
  get answer(): string | undefined {
    return this.#answer;
  }

  /** How the connection was lost, if it was lost before a reply. */
  get lost(): ClamdError | undefined {
    // A reply counts even if the connection is lost after it.
    return this.#answer === undefined ? this.#lost : undefined;
  }

  /** The bytes that were sent and that the system has not accepted yet. */
  get unsent(): number {
    return this.#connection.queued;
  }

  /** Sends a command. */
  command(name: ClamdCommand): void {
    this.#connection.write(commandBytes(name));
  }

  /** Sends a piece of a stream, at once or together with the next ones. It must not be written to again. */
  piece(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= LEAST_CHUNK) this.#connection.write(this.#chunk());
  }

  /** Sends what is left of the stream, and ends it. */
  endStream(): void {
    const last = this.#size > 0 ? [this.#chunk()] : [];
    this.#connection.write(concatenated([...last, chunkHead(0)]));
  }

  /**
   * Waits until everything that was sent has left, sending has become pointless, or the time is up.
   *
   * @param timeout the longest wait, in milliseconds
   * @throws {ClamdError} `timeout` if clamd took nothing at all in that time
   */
  async drained(timeout: number): Promise<void> {
    const before = this.unsent;
    if (await this.#until(() => this.#isOver || this.unsent === 0, timeout) || this.unsent < before) return;
    throw this.#late(`took no more of the message for ${Math.round(timeout)} ms`);
  }

  /**
   * Waits for the reply.
   *
   * @param timeout the longest wait, in milliseconds
   * @throws {ClamdError} `timeout` or `connection-lost`
   */
  async reply(timeout: number): Promise<string> {
    if (!await this.#until(() => this.#isOver, timeout)) {
      throw this.#late(`did not answer within ${Math.round(timeout)} ms`);
    }
    if (this.#answer === undefined) throw this.#lost!;
    return this.#answer;
  }

  /** Closes at once. */
  destroy(): void {
    this.#connection.destroy();
  }

  /** The pieces so far as a chunk. */
  #chunk(): Uint8Array {
    const chunk = concatenated([chunkHead(this.#size), ...this.#pieces]);
    this.#pieces = [];
    this.#size = 0;
    return chunk;
  }

  /** Whether sending has become pointless: there is a reply already, or no connection any more. */
  get #isOver(): boolean {
    return this.#answer !== undefined || this.#lost !== undefined;
  }

  #take(bytes: Uint8Array): void {
    if (this.#answer !== undefined) return;
    this.#received += this.#decoder.decode(bytes, { stream: true });
    const end = this.#received.indexOf("\0");
    if (end >= 0) this.#answer = this.#received.slice(0, end);
    // A longer reply is not clamd's; its beginning shows what answered instead.
    else if (this.#received.length > MAX_REPLY) this.#answer = this.#received;
    this.#wake?.();
  }

  #lose(cause?: Error): void {
    this.#lost ??= new ClamdError(
      "connection-lost",
      this.#address,
      `clamd at ${this.#address} closed the connection before it answered`,
      { cause },
    );
    this.#wake?.();
  }

  #late(what: string): ClamdError {
    return new ClamdError("timeout", this.#address, `clamd at ${this.#address} ${what}`);
  }

  /** Waits until a condition is true, and returns whether it is; only one wait at a time. */
  #until(isSo: () => boolean, timeout: number): Promise<boolean> {
    if (isSo()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const callOff = this.#clock.after(timeout, () => {
        this.#wake = undefined;
        resolve(false);
      });
      this.#wake = () => {
        if (!isSo()) return;
        this.#wake = undefined;
        callOff();
        resolve(true);
      };
    });
  }
}
