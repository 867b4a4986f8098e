/**
 * What a milter asks for, as the terms of a filter of the chain.
 *
 * @module
 */

import {
  ACTION_OF_CHANGE,
  type Change,
  CHANGES,
  type FilterTerms,
  optionalActionOf,
  type VerdictEvent,
} from "../../lib/filter/filter_terms.ts";
import {
  ALL_ACTIONS,
  MacroStage,
  type MacroStageName,
  NEWEST_VERSION,
  ProtocolFlag,
  protocolFlagsOfVersion,
} from "../../lib/protocol/constants.ts";
import { ANSWERED_EVENTS } from "../../lib/protocol/events.ts";
import { answersEvent, wantsEvent } from "../../lib/protocol/exchanges.ts";
import { bareName, type MacroRequest } from "../../lib/protocol/macros.ts";
import type { NegotiatedTerms } from "../../lib/protocol/mta_session.ts";
import type { Offer } from "../../lib/protocol/negotiate.ts";
import { utf8Text } from "../../lib/protocol/text.ts";

/** The terms of the filter on one connection of the MTA's. */
export interface MilterTerms extends FilterTerms {
  readonly changes: readonly Change[];
  readonly events: readonly VerdictEvent[];
  readonly verdicts: readonly VerdictEvent[];
  readonly macros: MacroRequest;
  readonly rejectedRecipients: boolean;
  /** What the milter is offered. */
  readonly offer: Offer;
}

/** What an MTA may offer that changes nothing for anybody. */
export const FULL_OFFER: Offer = {
  version: NEWEST_VERSION,
  actions: ALL_ACTIONS,
  protocol: protocolFlagsOfVersion(NEWEST_VERSION),
};

/**
 * What is heard of without a milter's wish: who connects, where a message begins and ends; and macros, which MTAs send
 * for an event that a milter does not want too.
 */
const ALWAYS: readonly VerdictEvent[] = ["connect", "helo", "mail", "rcpt", "eom"];

/** What a milter is offered where the MTA offers this: the same, but for packets larger than a chain takes. */
export function offerFor({ version, actions, protocol, hops = [] }: Offer): Offer {
  return {
    version: Math.min(version, FULL_OFFER.version),
    actions: actions & FULL_OFFER.actions,
    protocol: protocol & FULL_OFFER.protocol,
    hops,
  };
}

/**
 * The terms of a milter that has negotiated.
 *
 * @param asked what it asked for
 * @param offer what it was offered
 */
export function termsOf(asked: NegotiatedTerms, offer: Offer): MilterTerms {
  const wanted = ANSWERED_EVENTS.filter((event) => wantsEvent(event, asked));
  const named = wanted.map(({ name }) => name);
  return {
    changes: changesOf(asked.actions),
    events: [...new Set([...named, ...ALWAYS])],
    verdicts: wanted.filter((event) => answersEvent(event, asked)).map(({ name }) => name),
    macros: requestOf(asked),
    rejectedRecipients: (asked.protocol & ProtocolFlag.RCPT_REJ) !== 0,
    // Values go on as they stand behind the colon, whichever way the milter has them.
    leadingSpace: true,
    offer,
  };
}

/**
 * Terms under which a milter can be asked that has not negotiated yet: everything that it might want.
 *
 * @param offer what it will be offered
 * @param before its terms when it last had some
 */
export function openTerms(offer: Offer, before: MilterTerms | undefined): MilterTerms {
  const all = ANSWERED_EVENTS.filter(({ since }) => since <= offer.version).map(({ name }) => name);
  return {
    // A later filter has to wait for whoever may change something, so only what is likely is declared.
    changes: changesOf(before ? actionsOf(before.changes) & offer.actions : offer.actions),
    events: all,
    verdicts: all,
    macros: before?.macros ?? {},
    rejectedRecipients: before?.rejectedRecipients ?? false,
    leadingSpace: true,
    offer,
  };
}

/** Whether a milter that asks for one thing can be asked under the terms that were agreed with the MTA. */
export function fitsTerms(asked: MilterTerms, agreed: MilterTerms): boolean {
  return asked.changes.every((change) => agreed.changes.includes(change)) &&
    asked.events.every((event) => ALWAYS.includes(event) || agreed.events.includes(event)) &&
    asked.verdicts.every((event) => agreed.verdicts.includes(event)) &&
    (agreed.rejectedRecipients || !asked.rejectedRecipients);
}

/** Whether two offers are the same. */
export function sameOffer(a: Offer, b: Offer): boolean {
  return a.version === b.version && a.actions === b.actions && a.protocol === b.protocol;
}

function changesOf(actions: number): Change[] {
  return CHANGES.filter((change) => (actions & allActionsOf(change)) !== 0);
}

function actionsOf(changes: readonly Change[]): number {
  return changes.reduce((bits, change) => bits | allActionsOf(change), 0);
}

function allActionsOf(change: Change): number {
  return ACTION_OF_CHANGE[change] | optionalActionOf(change);
}

function requestOf({ version, lists }: NegotiatedTerms): MacroRequest {
  const request: { -readonly [stage in MacroStageName]?: string[] } = {};
  if (version < 6) return request;
  for (const { stage, names } of lists) {
    const name = (Object.keys(MacroStage) as MacroStageName[]).find((each) => MacroStage[each] === stage);
    if (name) request[name] = utf8Text(names).split(/\s+/).filter(Boolean).map(bareName);
  }
  return request;
}
