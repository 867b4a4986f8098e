/**
 * Turns what a milter negotiates into the terms of a filter.
 *
 * @module
 */

import {
  ACTION_OF_CHANGE,
  type Change,
  type FilterTerms,
  MTA_CHANGES,
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

/** The terms of the filter on one connection from the MTA. */
export interface MilterTerms extends FilterTerms {
  readonly changes: readonly Change[];
  readonly events: readonly VerdictEvent[];
  readonly verdicts: readonly VerdictEvent[];
  readonly macros: MacroRequest;
  readonly rejectedRecipients: boolean;
  /** What the milter is offered. */
  readonly offer: Offer;
}

/** The most that an MTA can offer, without the packet sizes that a chain does not support. */
export const FULL_OFFER: Offer = {
  version: NEWEST_VERSION,
  actions: ALL_ACTIONS,
  protocol: protocolFlagsOfVersion(NEWEST_VERSION),
};

/**
 * The events that the filter needs even if the milter does not want them: to know the client, the beginning and the end of
 * each message, and the macros, which MTAs send even for events that a milter does not want.
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
    // Values are passed on unchanged, whether or not the milter sees leading space.
    leadingSpace: true,
    offer,
  };
}

/**
 * The terms for a milter that has not negotiated yet: everything that it might want.
 *
 * @param offer what it will be offered
 * @param before its last terms, if there were any
 */
export function openTerms(offer: Offer, before: MilterTerms | undefined): MilterTerms {
  const all = ANSWERED_EVENTS.filter(({ since }) => since <= offer.version).map(({ name }) => name);
  return {
    // Later filters must wait for a filter that may change something, so only likely changes are declared.
    changes: changesOf(before ? actionsOf(before.changes) & offer.actions : offer.actions),
    events: all,
    verdicts: all,
    macros: before?.macros ?? {},
    rejectedRecipients: before?.rejectedRecipients ?? false,
    leadingSpace: true,
    offer,
  };
}

/** Whether what a milter asks for fits the terms that were negotiated with the MTA. */
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
  return MTA_CHANGES.filter((change) => (actions & allActionsOf(change)) !== 0);
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
