/**
 * A clamd server, shared by all messages: connects, and remembers whether it answers.
 *
 * @module
 */

import type { Logger } from "../../lib/filter/logger.ts";
import { type Address, formatAddress } from "../../lib/net/address.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { ClamdConnection } from "./connection.ts";
import { ClamdError } from "./errors.ts";
import { type ClamdCommand, shownText } from "./protocol.ts";

/** How long a server that did not answer PING is not tried again, in milliseconds. */
const REST = 5000;

/** What a server needs. */
export interface ServerParts {
  /** The longest wait for a connection and for a short answer, in milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Receives messages when the server fails and when it is back. */
  readonly log: Logger;
  /** Counts its failures. */
  readonly countFailure: (address: string) => void;
}

/** A clamd. */
export class ClamdServer {
  /** Where it listens, as text. */
  readonly address: string;
  readonly #address: Address;
  readonly #parts: ServerParts;
  /** Whether it failed, and has not worked since. */
  #isDown = false;
  /** Whether it was too slow last time, so that it must answer PING before it gets a message. */
  #isInDoubt = false;
  /** The PING in progress, shared by all messages that wait for it. */
  #asking: Promise<void> | undefined;
  /** Why it did not answer PING, and until when it is not tried again. */
  #silent: { readonly error: ClamdError; readonly until: number } | undefined;

  /**
   * @param address where it listens
   * @param parts what it needs
   */
  constructor(address: Address, parts: ServerParts) {
    this.#address = address;
    this.address = formatAddress(address);
    this.#parts = parts;
  }

  /**
   * Connects for a message.
   *
   * @throws {ClamdError} if that fails, or if the server was too slow last time and does not answer PING
   */
  async open(): Promise<ClamdConnection> {
    if (this.#isInDoubt) await (this.#asking ??= this.#ask().finally(() => this.#asking = undefined));
    return await this.#connect();
  }

  /**
   * Its version, such as `ClamAV 1.4.3/27500/Mon Jun  2 08:30:33 2025`.
   *
   * @param signal ends the question
   * @throws {ClamdError} if it does not say
   */
  async version(signal: AbortSignal): Promise<string> {
    const answer = await this.#answerTo("VERSION", signal);
    if (/^ClamAV /.test(answer)) return answer;
    throw new ClamdError(
      "refused",
      this.address,
      `What listens at ${this.address} is no clamd: it says ${answer}`,
    );
  }

  /** Notes that it scanned a message. */
  worked(): void {
    this.#isInDoubt = false;
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#parts.log.info(`clamd at ${this.address} scans again`);
  }

  /**
   * Notes that it did not scan a message.
   *
   * @param error why not
   */
  failed(error: ClamdError): void {
    this.#parts.countFailure(this.address);
    // It may only have been slow with this message: the next one must not wait as long to find out.
    if (error.code === "timeout") this.#isInDoubt = true;
    if (this.#isDown) return;
    this.#isDown = true;
    this.#parts.log.warning(error.message);
  }

  async #ask(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#silent && clock.now() < this.#silent.until) throw this.#silent.error;
    try {
      const answer = await this.#answerTo("PING");
      if (answer !== "PONG") {
        throw new ClamdError("refused", this.address, `clamd at ${this.address} says ${answer}`);
      }
      this.#isInDoubt = false;
      this.#silent = undefined;
    } catch (error) {
      if (!(error instanceof ClamdError)) throw error;
      this.#silent = { error, until: clock.now() + REST };
      throw error;
    }
  }

  async #answerTo(command: ClamdCommand, signal?: AbortSignal): Promise<string> {
    const connection = await this.#connect();
    const end = () => connection.destroy();
    signal?.addEventListener("abort", end);
    try {
      if (signal?.aborted) end();
      connection.command(command);
      return shownText(await connection.reply(this.#parts.timeout));
    } finally {
      signal?.removeEventListener("abort", end);
      end();
    }
  }

  #connect(): Promise<ClamdConnection> {
    return ClamdConnection.open(this.#address, this.#parts.timeout, this.#parts.clock);
  }
}
