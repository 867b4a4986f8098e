/**
 * A link to a server: one connection, opened when needed, and reopened after it was lost.
 *
 * @module
 */

import type { Clock } from "../../time/clock.ts";
import { ErrorReply, type RespReply } from "../resp/reply.ts";
import { formatStateAddress, type ValkeyAddress } from "../state_address.ts";
import { StoreUnavailableError } from "../store.ts";
import { ValkeyConnection } from "./connection.ts";
import { problemOfReply, type ServerProblem } from "./problems.ts";
import type { ServerScript } from "./scripts.ts";

/** The minimum time between two attempts to connect, in milliseconds. */
const PAUSE = 100;

/** Settings of a link. */
export interface LinkOptions {
  /** The longest time for connecting, and for the answer to a command, in milliseconds. */
  readonly timeout: number;
  /** The clock for that time. */
  readonly clock: Clock;
}

/**
 * Sends commands. Only one connection is opened at a time, and commands wait for it. For a while after a failure,
 * commands fail immediately for the same reason.
 */
export class ValkeyLink {
  /** The address of the server, without a password. */
  readonly shownAddress: string;
  readonly #address: ValkeyAddress;
  readonly #options: LinkOptions;
  #connection: ValkeyConnection | undefined;
  #connecting: Promise<ValkeyConnection> | undefined;
  /** Why the last attempt to connect failed, and when. */
  #failed: { readonly at: number; readonly error: StoreUnavailableError } | undefined;
  #isClosed = false;

  /**
   * @param address the server
   * @param options settings
   */
  constructor(address: ValkeyAddress, options: LinkOptions) {
    this.shownAddress = formatStateAddress(address);
    this.#address = address;
    this.#options = options;
  }

  /**
   * Sends a command.
   *
   * @param words its name and arguments
   * @returns the reply, also if it is an error
   * @throws {StoreUnavailableError} if there is none
   */
  async ask(words: readonly string[]): Promise<RespReply> {
    const connection = this.#connection ?? await this.#connect();
    return await connection.call(words);
  }

  /**
   * Sends a command.
   *
   * @param words its name and arguments
   * @returns the reply
   * @throws {StoreUnavailableError} if there is none, or it is an error
   */
  async call(words: readonly string[]): Promise<RespReply> {
    const reply = await this.ask(words);
    if (reply instanceof ErrorReply) throw this.refusal(reply);
    return reply;
  }

  /**
   * Runs a script.
   *
   * @param script the script; the server need not have it cached
   * @param key its key
   * @param args its arguments
   * @returns the reply, also if it is an error
   * @throws {StoreUnavailableError} if there is none
   */
  async run(script: ServerScript, key: string, args: readonly string[]): Promise<RespReply> {
    const reply = await this.ask(["EVALSHA", script.sha, "1", key, ...args]);
    const isUnknown = reply instanceof ErrorReply && reply.kind === "NOSCRIPT";
    return isUnknown ? await this.ask(["EVAL", script.text, "1", key, ...args]) : reply;
  }

  /** Makes an error from an error reply. */
  refusal(reply: ErrorReply): StoreUnavailableError {
    const problem = problemOfReply(reply);
    if (problem.elsewhere) this.#connection?.end();
    return this.error(problem);
  }

  /** An error of this server. */
  error({ reason, lasting }: ServerProblem): StoreUnavailableError {
    return new StoreUnavailableError(this.shownAddress, reason, lasting);
  }

  /** Closes the connection once pending commands are answered. Later commands fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = this.#connection ?? await this.#connecting?.catch(() => undefined);
    this.#connection = undefined;
    connection?.end();
  }

  #connect(): Promise<ValkeyConnection> {
    if (this.#isClosed) return Promise.reject(this.error({ reason: "it was closed by us", lasting: false }));
    if (this.#connecting) return this.#connecting;
    const { clock } = this.#options;
    if (this.#failed && clock.now() - this.#failed.at < PAUSE) return Promise.reject(this.#failed.error);
    return this.#connecting = this.#open().finally(() => this.#connecting = undefined);
  }

  async #open(): Promise<ValkeyConnection> {
    try {
      const connection = await ValkeyConnection.open(this.#address, this.#options, () => {
        this.#connection = undefined;
      });
      this.#failed = undefined;
      // It may have been lost already, which would not be reported again.
      if (connection.isOpen && !this.#isClosed) this.#connection = connection;
      return connection;
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.#failed = { at: this.#options.clock.now(), error };
      throw error;
    }
  }
}
