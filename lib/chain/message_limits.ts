/**
 * How much a message may be in numbers, whatever its filters think of it: what is kept of it is kept in memory.
 *
 * @module
 */

import { EventBit } from "../protocol/events.ts";

/** Bounds of a message. */
export interface MessageLimits {
  /** Most header fields; one more, and the message is rejected (552 5.3.4). @default 10000 */
  readonly headerFields?: number;
  /**
   * Most bytes of the header, names and values, and of the recipients: one more, and the message is rejected, or that
   * recipient put off. @default 2097152 (2 MiB)
   */
  readonly headerBytes?: number;
  /**
   * Most recipients; further ones are put off (452 4.5.3), as RFC 5321 4.5.3.1.10 has it, so that the client sends to
   * them in another transaction. That takes an answer for each recipient, which is asked for where this is set below
   * its default. Else, where no filter of the chain wants it, such a message is rejected (552 5.5.3).
   * @default 10000
   */
  readonly recipients?: number;
}

/** The bounds that hold where none are set: far above mail, far below what hurts. */
export const DEFAULT_MESSAGE_LIMITS: Required<MessageLimits> = {
  headerFields: 10_000,
  headerBytes: 2 * 1024 * 1024,
  recipients: 10_000,
};

/**
 * The bounds in force.
 *
 * @throws {RangeError} for one that is no number from 1 on
 */
export function messageLimits(limits: MessageLimits = {}): Required<MessageLimits> {
  const all = { ...DEFAULT_MESSAGE_LIMITS };
  for (const name of Object.keys(all) as (keyof MessageLimits)[]) {
    const limit = limits[name] ?? all[name];
    if (!(Number.isInteger(limit) && limit >= 1)) {
      throw new RangeError(`Invalid limit ${name} ${limit}: want a whole number from 1 on`);
    }
    all[name] = limit;
  }
  return all;
}

/** The events that must be answered for the limits to hold as they are set. */
export function answeredForLimits({ recipients }: Required<MessageLimits>): number {
  return recipients < DEFAULT_MESSAGE_LIMITS.recipients ? EventBit.rcpt : 0;
}
