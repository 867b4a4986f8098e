/**
 * What a filter has seen of its connection and current message, for the conditions of rules.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { lowerCase, toBytes } from "./bytes.ts";
import type { Stage } from "./script.ts";

/** Stages that are counted from the beginning of the connection; the others from that of the message. */
const COUNTED_PER_CONNECTION: ReadonlySet<Stage> = new Set(
  ["connect", "helo", "mail", "unknown", "abort", "close"] as const,
);

/** What was seen so far. Texts have a character a byte. */
export class Conversation {
  /** Number of the message; 0 before the first. */
  message = 0;
  /** The sender as received; empty where there is none. */
  sender = "";
  /** The recipients as received. */
  recipients: string[] = [];
  /** The header. */
  headers: { readonly name: string; readonly value: string }[] = [];
  /** Bytes of the body. */
  bodyLength = 0;
  /** CRC-32 of the body. */
  bodyCrc = 0;
  readonly #ofConnection = new Map<Stage, number>();
  readonly #ofMessage = new Map<Stage, number>();

  /** A message begins. */
  beginMessage(sender: string): void {
    this.endMessage();
    this.message++;
    this.sender = sender;
  }

  /** The message is over. */
  endMessage(): void {
    this.sender = "";
    this.recipients = [];
    this.headers = [];
    this.bodyLength = 0;
    this.bodyCrc = 0;
    this.#ofMessage.clear();
  }

  /** A piece of the body came. */
  addBody(chunk: string): void {
    this.bodyLength += chunk.length;
    this.bodyCrc = crc32(toBytes(chunk), this.bodyCrc);
  }

  /** A callback is called. */
  count(stage: Stage): void {
    for (const counts of [this.#ofConnection, this.#ofMessage]) {
      counts.set(stage, (counts.get(stage) ?? 0) + 1);
    }
  }

  /** How often a callback was called, this time included. */
  times(stage: Stage): number {
    const counts = COUNTED_PER_CONNECTION.has(stage) ? this.#ofConnection : this.#ofMessage;
    return counts.get(stage) ?? 0;
  }

  /** The values of a header, its name in any spelling. */
  header(name: string): string[] {
    const wanted = lowerCase(name);
    return this.headers.filter((header) => lowerCase(header.name) === wanted).map(({ value }) => value);
  }
}
