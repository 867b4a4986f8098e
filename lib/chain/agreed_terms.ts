/**
 * What a chain and its MTA agreed on in option negotiation.
 *
 * @module
 */

import { ProtocolFlag } from "../protocol/constants.ts";
import { ALL_ANSWERED } from "./budget.ts";
import { answeredEvents } from "./plan.ts";
import type { Verdict } from "../filter/verdict.ts";

/** The result of negotiation. It holds for as long as the socket is open. */
export interface AgreedTerms {
  /** Whether the MTA accepts `skip`, which tells it to stop sending the body. */
  readonly skip: boolean;
  /** Whether the MTA also sends recipients that it rejected. */
  readonly rejectedRecipients: boolean;
  /** Whether each recipient gets a reply of its own. */
  readonly answersRecipients: boolean;
  /** Whether the MTA sends header and body. */
  readonly sendsContent: boolean;
  /** The events at which the MTA waits for a reply, as `EventBit`. */
  readonly answered: number;
  /** Which filters are left out, by index; filters without an entry take part. */
  readonly leftOut: readonly boolean[];
  /** Whether any filter sees some of the content later than it arrives. */
  readonly anySeesLater: boolean;
  /** The verdict on the whole connection, if a filter failed at negotiation. */
  readonly verdict: Verdict | undefined;
}

/** The terms before negotiation. */
export const NO_TERMS: AgreedTerms = {
  skip: false,
  rejectedRecipients: false,
  answersRecipients: true,
  sendsContent: false,
  answered: ALL_ANSWERED,
  leftOut: [],
  anySeesLater: true,
  verdict: undefined,
};

/**
 * Returns the terms that follow from the agreed protocol bits, with every filter taking part.
 *
 * @param agreed the agreed bits, as `ProtocolFlag`
 * @param anySeesLater whether any filter sees some of the content later than it arrives
 */
export function termsAgreedOn(agreed: number, anySeesLater: boolean): AgreedTerms {
  return {
    ...NO_TERMS,
    skip: (agreed & ProtocolFlag.SKIP) !== 0,
    rejectedRecipients: (agreed & ProtocolFlag.RCPT_REJ) !== 0,
    answersRecipients: (agreed & ProtocolFlag.NR_RCPT) === 0,
    sendsContent: (agreed & (ProtocolFlag.NO_HEADERS | ProtocolFlag.NO_BODY)) === 0,
    answered: answeredEvents(agreed),
    anySeesLater,
  };
}
