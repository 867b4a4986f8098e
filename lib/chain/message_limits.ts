/**
 * Limits on the size of a message, independent of its filters: its header and recipients are kept in memory.
 *
 * @module
 */

import { EventBit } from "../protocol/events.ts";

/** Limits on the size of a message. */
export interface MessageLimits {
  /**
   * Maximum number of header fields; a message with more is rejected (552 5.3.4). The MTA is asked for the header if this or
   * `headerBytes` is below its default, or if a filter reads it. @default 10000
   */
  readonly headerFields?: number;
  /**
   * Maximum bytes of the header (names and values), and of the recipients. A message with a larger header is rejected;
   * recipients beyond the limit are temporarily rejected. @default 2097152 (2 MiB)
   */
  readonly headerBytes?: number;
  /**
   * Maximum number of recipients. Further ones are temporarily rejected (452 4.5.3), per RFC 5321 4.5.3.1.10, so that
   * the client sends to them in another transaction. That takes a reply to each recipient, which is negotiated if this
   * is below its default or if a filter of the chain needs it; otherwise such a message is rejected (552 5.5.3).
   * @default 10000
   */
  readonly recipients?: number;
}

/** The default limits: far above real mail, far below what harms the server. */
export const DEFAULT_MESSAGE_LIMITS: Required<MessageLimits> = {
  headerFields: 10_000,
  headerBytes: 2 * 1024 * 1024,
  recipients: 10_000,
};

/**
 * Returns the effective limits.
 *
 * @throws {RangeError} for a limit that is not a whole number of at least 1
 */
export function messageLimits(limits: MessageLimits = {}): Required<MessageLimits> {
  const all = { ...DEFAULT_MESSAGE_LIMITS };
  for (const name of Object.keys(all) as (keyof MessageLimits)[]) {
    const limit = limits[name] ?? all[name];
    if (!(Number.isInteger(limit) && limit >= 1)) {
      throw new RangeError(`Invalid limit ${name} ${limit}: must be a whole number of at least 1`);
    }
    all[name] = limit;
  }
  return all;
}

/** What a chain itself requests from the MTA, for its limits and reports, as `EventBit`. */
export interface OwnNeeds {
  /** The events that it must send. */
  readonly told: number;
  /** The events that must get a reply. */
  readonly answered: number;
}

/**
 * Returns what the limits need. The default limits only protect the memory of this process, so they need no events that
 * the MTA would not send anyway; a limit below its default must be enforced.
 */
export function needsOfLimits(limits: Required<MessageLimits>): OwnNeeds {
  const isLowered = (name: keyof MessageLimits) => limits[name] < DEFAULT_MESSAGE_LIMITS[name];
  return {
    told: isLowered("headerFields") || isLowered("headerBytes") ? EventBit.header : 0,
    answered: isLowered("recipients") ? EventBit.rcpt : 0,
  };
}
