/**
 * Settings that all connections of a chain share.
 *
 * @module
 */

import type { MtaKind } from "../message/mta.ts";
import type { SpoolPool } from "../message/spool.ts";
import type { ChainTimeouts } from "./chain_options.ts";
import type { Clock } from "../time/clock.ts";
import type { MessageLimits, OwnNeeds } from "./message_limits.ts";
import type { StandingNeeds } from "./negotiation.ts";

/** Settings that all connections of a chain share. */
export interface ChainSettings {
  /** The time-outs, in milliseconds. */
  readonly timeouts: Required<ChainTimeouts>;
  /** The clock. */
  readonly clock: Clock;
  /** Where bodies are kept. */
  readonly pool: SpoolPool;
  /** The result of negotiation, if it is the same for every connection. */
  readonly standing: StandingNeeds;
  /** Limits on the size of a message. */
  readonly limits: Required<MessageLimits>;
  /** What the chain requests from the MTA for its limits and reports. */
  readonly ownNeeds: OwnNeeds;
  /** The MTA, if it was configured. */
  readonly mta: MtaKind | undefined;
}
