/**
 * The scan of one message: sends it to a server as it arrives, and to the next one if that fails.
 *
 * @module
 */

import type { Clock } from "../../lib/time/clock.ts";
import { ScanAttempt, type ScanOutcome } from "./attempt.ts";
import { ClamdError } from "./errors.ts";
import { type KeepingRoom, KeptPieces } from "./kept_pieces.ts";
import { FIRST_FIELD, PieceJoiner } from "./raw_message.ts";
import type { ClamdServer } from "./server.ts";

/** What all scans have in common. */
export interface ScanParts {
  /** The servers, the preferred one first. */
  readonly servers: readonly ClamdServer[];
  /** The largest message that is scanned, in bytes. */
  readonly maxSize: number;
  /** The same as it was written, for people. */
  readonly maxSizeText: string;
  /** How long a server may accept no data, in milliseconds. */
  readonly timeout: number;
  /** The longest wait at the end of the message, for all servers together, in milliseconds. */
  readonly scanTimeout: number;
  readonly clock: Clock;
  /** Room for what may have to be sent again. */
  readonly room: KeepingRoom;
}

/** The scan of one message. */
export class MessageScan {
  readonly #parts: ScanParts;
  readonly #joiner = new PieceJoiner();
  readonly #kept: KeptPieces;
  readonly #untried: ClamdServer[];
  readonly #failures: ClamdError[] = [];
  #attempt: ScanAttempt | undefined;
  /** The bytes of the message so far. */
  #size = 0;
  #isTooLarge = false;
  /** Whether there is nothing more to try, or the scan was cancelled. */
  #isLost = false;

  /** @param parts what all scans have in common */
  constructor(parts: ScanParts) {
    this.#parts = parts;
    this.#untried = [...parts.servers];
    this.#kept = new KeptPieces(parts.room);
    this.#joiner.add(FIRST_FIELD);
  }

  /** Whether more of the message can change the result. */
  get wantsMore(): boolean {
    return !this.#isTooLarge && !this.#isLost && this.#attempt?.outcome === undefined;
  }

  /**
   * Adds a piece of the message, which must not be written to again.
   *
   * @returns a promise if no more should be added for now; it never rejects, and resolves at the latest after the
   * server's time-out
   */
  add(piece: Uint8Array): Promise<void> | undefined {
    if (!this.wantsMore) return undefined;
    this.#size += piece.length;
    if (this.#size > this.#parts.maxSize) {
      this.#isTooLarge = true;
      this.cancel();
      return undefined;
    }
    for (const joined of this.#joiner.add(piece)) this.#send(joined);
    return this.#attempt?.ready();
  }

  /**
   * Ends the message, and waits for what the scan finds.
   *
   * @throws {ClamdError} if no server could scan it
   */
  async finish(): Promise<ScanOutcome> {
    if (this.#isTooLarge) return { kind: "unscanned", reason: `larger than ${this.#parts.maxSizeText}` };
    const end = this.#parts.clock.now() + this.#parts.scanTimeout;
    for (const joined of this.#joiner.take()) this.#send(joined);
    try {
      while (!this.#isLost) {
        const attempt = this.#attempt;
        if (!attempt) break;
        try {
          // Each server gets the same share of the time, so that one that hangs leaves some for the next.
          const left = Math.max(1, end - this.#parts.clock.now());
          const outcome = await attempt.finish(left / (1 + this.#others));
          attempt.server.worked();
          return outcome;
        } catch (error) {
          if (!(error instanceof ClamdError)) throw error;
          this.#tryNext(error);
        }
      }
      throw this.#error();
    } finally {
      this.cancel();
    }
  }

  /** Cancels the scan. */
  cancel(): void {
    this.#isLost = true;
    this.#attempt?.destroy();
    this.#kept.forget();
  }

  /** How many servers the message could still be sent to. */
  get #others(): number {
    return this.#kept.all === undefined ? 0 : this.#untried.length;
  }

  #send(piece: Uint8Array): void {
    const failure = this.#attempt?.failure;
    if (failure) this.#tryNext(failure);
    if (this.#isLost) return;
    this.#attempt ??= this.#begin();
    // For the last server, nothing need be kept.
    if (this.#untried.length > 0) this.#kept.add(piece);
    this.#attempt?.send(piece);
  }

  #begin(): ScanAttempt | undefined {
    const server = this.#untried.shift();
    return server && new ScanAttempt(server, this.#parts.timeout, this.#parts.clock);
  }

  /**
   * Moves to the next server with everything so far; if there is none, or the beginning was not kept, the scan is lost.
   */
  #tryNext(failure: ClamdError): void {
    const { server } = this.#attempt!;
    this.#attempt?.destroy();
    this.#attempt = undefined;
    // Cancelling the scan caused the failure.
    if (this.#isLost) return;
    this.#failures.push(failure);
    server.failed(failure);
    const pieces = this.#kept.all;
    const next = pieces && this.#begin();
    if (!next) return this.cancel();
    this.#attempt = next;
    for (const piece of pieces) next.send(piece);
  }

  #error(): ClamdError {
    const [first, ...others] = this.#failures;
    const count = this.#untried.length;
    const rest = count === 0
      ? ""
      : `; not all of it was kept to be sent to ${count === 1 ? "the other server" : `the ${count} others`}`;
    if (first && others.length === 0 && rest === "") return first;
    const reasons = this.#failures.map(({ message }) => message).join("; ");
    const addresses = this.#parts.servers.map(({ address }) => address).join(", ");
    return new ClamdError(
      "no-server",
      addresses,
      `No clamd scanned the message: ${reasons || "it was ended"}${rest}`,
    );
  }
}
