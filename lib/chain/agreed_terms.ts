/**
 * What a chain and its MTA agreed on.
 *
 * @module
 */

import { ProtocolFlag } from "../protocol/constants.ts";
import { ALL_ANSWERED } from "./budget.ts";
import { answeredEvents } from "./plan.ts";
import type { Verdict } from "../filter/verdict.ts";

/** What negotiation brought, for as long as the socket lives. */
export interface AgreedTerms {
  /** Whether the MTA can be told to send no more of the body. */
  readonly skip: boolean;
  /** Whether recipients are shown that the MTA rejected. */
  readonly rejectedRecipients: boolean;
  /** Whether a recipient can be answered by itself. */
  readonly answersRecipients: boolean;
  /** The events that the MTA waits at for an answer, as `EventBit`. */
  readonly answered: number;
  /** Which filters take no part; those that are not named do. */
  readonly leftOut: readonly boolean[];
  /** Whether everybody sees the content as it comes. */
  readonly allLive: boolean;
  /** The verdict on the whole connection, where a filter failed at negotiation. */
  readonly verdict: Verdict | undefined;
}

/** What holds before negotiation. */
export const NO_TERMS: AgreedTerms = {
  skip: false,
  rejectedRecipients: false,
  answersRecipients: true,
  answered: ALL_ANSWERED,
  leftOut: [],
  allLive: false,
  verdict: undefined,
};

/**
 * What the protocol bits bring that were agreed on, where every filter takes part.
 *
 * @param agreed the bits, as `ProtocolFlag`
 * @param allLive whether everybody sees the content as it comes
 */
export function termsAgreedOn(agreed: number, allLive: boolean): AgreedTerms {
  return {
    ...NO_TERMS,
    skip: (agreed & ProtocolFlag.SKIP) !== 0,
    rejectedRecipients: (agreed & ProtocolFlag.RCPT_REJ) !== 0,
    answersRecipients: (agreed & ProtocolFlag.NR_RCPT) === 0,
    answered: answeredEvents(agreed),
    allLive,
  };
}
