/**
 * What the connections of a chain share.
 *
 * @module
 */

import type { MtaKind } from "../message/mta.ts";
import type { SpoolPool } from "../message/spool.ts";
import type { ChainTimeouts } from "./chain_options.ts";
import type { Clock } from "../time/clock.ts";
import type { MessageLimits } from "./message_limits.ts";
import type { StandingNeeds } from "./negotiation.ts";

/** What the connections of a chain share. */
export interface ChainSettings {
  /** How long things may take. */
  readonly timeouts: Required<ChainTimeouts>;
  /** What tells the time. */
  readonly clock: Clock;
  /** Where content is kept. */
  readonly pool: SpoolPool;
  /** What negotiation brings where it is the same for every connection. */
  readonly standing: StandingNeeds;
  /** How much a message may be. */
  readonly limits: Required<MessageLimits>;
  /** Events that must be answered whatever the filters renounce. */
  readonly answered: number;
  /** The MTA, where it was said which. */
  readonly mta: MtaKind | undefined;
}
