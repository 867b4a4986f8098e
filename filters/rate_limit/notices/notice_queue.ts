/**
 * Sends notices one at a time, in the background, and logs failures at most once a minute.
 *
 * @module
 */

import type { Logger } from "../../../lib/filter/logger.ts";
import type { Clock } from "../../../lib/time/clock.ts";
import type { Notice } from "./notice.ts";

/** The maximum number of notices that wait. */
export const MOST_WAITING = 100;
/** The minimum time between two lines about failures, in milliseconds. */
const QUIET = 60_000;

/** The ways to send notices. */
export type NoticeWay = "command" | "mail";

/** One way to send a notice. */
export interface NoticeSender {
  readonly way: NoticeWay;
  /** Sends one. What it throws is logged. */
  send(notice: Notice): Promise<void>;
}

/** The result of sending a notice one way. */
export type NoticeResult = "sent" | "failed" | "dropped";

/** What a queue of notices needs. */
export interface NoticeQueueParts {
  /** The ways to send a notice, in order. */
  readonly senders: readonly NoticeSender[];
  /** Receives at most one line a minute. */
  readonly log: Logger;
  /** The clock for that minute. */
  readonly clock: Clock;
  /** Called with each result. */
  readonly counted: (way: NoticeWay, result: NoticeResult) => void;
}

/** Notices that wait to be sent. */
export class NoticeQueue {
  readonly #parts: NoticeQueueParts;
  readonly #waiting: Notice[] = [];
  #sending: Promise<void> | undefined;
  #saidAt = -Infinity;
  #unsaid = 0;

  /** @param parts what it needs */
  constructor(parts: NoticeQueueParts) {
    this.#parts = parts;
  }

  /** Adds a notice, and returns at once; drops it if too many wait. */
  add(notice: Notice): void {
    if (this.#parts.senders.length === 0) return;
    if (this.#waiting.length >= MOST_WAITING) {
      for (const { way } of this.#parts.senders) this.#parts.counted(way, "dropped");
      this.#complain(`${MOST_WAITING} notices wait already, so this one was dropped`, notice);
      return;
    }
    this.#waiting.push(notice);
    this.#sending ??= this.#sendAll();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  /** Drops what waits. */
  clear(): void {
    this.#waiting.length = 0;
  }

  async #sendAll(): Promise<void> {
    for (let notice = this.#waiting.shift(); notice; notice = this.#waiting.shift()) {
      for (const { way, send } of this.#parts.senders) {
        try {
          await send(notice);
          this.#parts.counted(way, "sent");
        } catch (error) {
          this.#parts.counted(way, "failed");
          this.#complain(`a notice failed: ${(error as Error).message}`, notice);
        }
      }
    }
    this.#sending = undefined;
  }

  #complain(text: string, { key, message: { queueId } }: Notice): void {
    const now = this.#parts.clock.now();
    if (now - this.#saidAt < QUIET) {
      this.#unsaid++;
      return;
    }
    const more = this.#unsaid > 0 ? ` (and ${this.#unsaid} more since the last such line)` : "";
    this.#parts.log.warning(`${text}${more}`, { key, queueId });
    this.#saidAt = now;
    this.#unsaid = 0;
  }
}
