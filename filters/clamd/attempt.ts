/**
 * An attempt to have one server scan a message.
 *
 * @module
 */

import type { Clock } from "../../lib/time/clock.ts";
import { type ClamdConnection, MAX_UNSENT } from "./connection.ts";
import { ClamdError } from "./errors.ts";
import { readScanReply, type ScanReply } from "./protocol.ts";
import type { ClamdServer } from "./server.ts";

/** The result of a scan. */
export type ScanOutcome = Exclude<ScanReply, { readonly kind: "error" }>;

/** A stream to one server. It connects by itself; what is sent earlier is queued. */
export class ScanAttempt {
  /** The server. */
  readonly server: ClamdServer;
  readonly #clock: Clock;
  readonly #timeout: number;
  /** What waits for the connection. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #connection: ClamdConnection | undefined;
  readonly #opened: Promise<void>;
  /** Whether the whole message was sent. */
  #isWhole = false;
  #isDestroyed = false;
  #failure: ClamdError | undefined;
  #outcome: ScanOutcome | undefined;

  /**
   * @param server the server
   * @param timeout how long it may accept no data, in milliseconds
   * @param clock the clock for it
   */
  constructor(server: ClamdServer, timeout: number, clock: Clock) {
    this.server = server;
    this.#timeout = timeout;
    this.#clock = clock;
    this.#opened = this.#open();
  }

  /** Why it failed; undefined while it is in progress. */
  get failure(): ClamdError | undefined {
    this.#look();
    return this.#failure;
  }

  /** The result; undefined while it is in progress. */
  get outcome(): ScanOutcome | undefined {
    this.#look();
    return this.#outcome;
  }

  /** Sends a piece of the message, which must not be written to again. */
  send(piece: Uint8Array): void {
    if (this.#connection) return this.#connection.piece(piece);
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
  }

  /**
   * Waits if too much is unsent: until it is sent, the attempt is over, or the time-out has passed.
   *
   * @returns undefined if there is nothing to wait for; the promise never rejects
   */
  ready(): Promise<void> | undefined {
    if (this.failure || this.outcome) return undefined;
    if (this.#connection) {
      return this.#connection.unsent > MAX_UNSENT ? this.#drain(this.#connection) : undefined;
    }
    return this.#waitingBytes > MAX_UNSENT ? this.#openedInTime() : undefined;
  }

  /**
   * Ends the stream and waits for the reply.
   *
   * @param within the longest wait, in milliseconds
   * @throws {ClamdError} if there is none, or it says that clamd cannot scan
   */
  async finish(within: number): Promise<ScanOutcome> {
    const end = this.#clock.now() + within;
    const left = () => Math.max(1, end - this.#clock.now());
    await this.#opened;
    const connection = this.#connection;
    if (this.outcome) return this.outcome;
    if (this.failure || !connection) throw this.failure!;
    connection.endStream();
    this.#isWhole = true;
    try {
      while (connection.unsent > 0 && !this.failure && !this.outcome) {
        await connection.drained(Math.min(this.#timeout, left()));
      }
      await connection.reply(left());
    } catch (error) {
      this.#fail(error);
    }
    if (this.outcome) return this.outcome;
    throw this.failure!;
  }

  /** Ends it in any state. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#waiting = [];
    this.#connection?.destroy();
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    try {
      const connection = await this.server.open();
      if (this.#isDestroyed) return connection.destroy();
      connection.command("INSTREAM");
      for (const piece of this.#waiting) connection.piece(piece);
      this.#waiting = [];
      this.#connection = connection;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Waits for the connection, but not longer than for anything else: by then, it was not made, or will be soon. */
  #openedInTime(): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#clock.after(this.#timeout, resolve);
      void this.#opened.then(() => {
        callOff();
        resolve();
      });
    });
  }

  async #drain(connection: ClamdConnection): Promise<void> {
    try {
      await connection.drained(this.#timeout);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Notices a reply or the loss of the connection, at the end or early. */
  #look(): void {
    if (this.#failure || this.#outcome || !this.#connection) return;
    const { answer, lost } = this.#connection;
    if (lost) this.#fail(lost);
    if (answer === undefined) return;
    const reply = readScanReply(answer);
    const { address } = this.server;
    if (reply.kind === "error") {
      const said = reply.text || "an empty answer";
      this.#fail(new ClamdError("refused", address, `clamd at ${address} cannot scan: ${said}`));
    } else if (reply.kind === "clean" && !this.#isWhole) {
      // It replied about a message whose end it has not received.
      this.#fail(
        new ClamdError("refused", address, `clamd at ${address} answered before the end of the message`),
      );
    } else {
      this.#outcome = reply;
    }
  }

  #fail(error: unknown): void {
    const { address } = this.server;
    this.#failure ??= error instanceof ClamdError ? error : new ClamdError(
      "unreachable",
      address,
      `Cannot reach clamd at ${address}: ${(error as Error).message}`,
    );
    this.destroy();
  }
}
