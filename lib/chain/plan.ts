/**
 * What follows from a filter's terms: worked out once, looked at for every event.
 *
 * @module
 */

import { ProtocolFlag } from "../protocol/constants.ts";
import type { MacroRequest } from "../protocol/macros.ts";
import type { Needs } from "../protocol/negotiate.ts";
import { ANSWERED_EVENTS, EVENT_NAMES, EventBit } from "../protocol/events.ts";
import type { Filter } from "../filter/filter.ts";
import { ACTION_OF_CHANGE, type Change, type FilterTerms, optionalActionOf } from "../filter/filter_terms.ts";
import { macroListsOf } from "./macro_lists.ts";

/** One filter's terms on one connection, worked out. */
// deno-lint-ignore no-explicit-any -- the state types of a filter are nobody's business but its own
export interface Plan<F = Filter<any, any>> {
  /** The filter. */
  readonly filter: F;
  /** The terms that it is made of. */
  readonly terms: FilterTerms;
  /** The events that it has a callback for. */
  readonly hears: number;
  /** The events at which it may give a verdict. */
  readonly verdicts: number;
  /** What it may change. */
  readonly changes: ReadonlySet<Change>;
  /** What the MTA must let it do. */
  readonly actions: number;
  /** What it will do if the MTA lets it. */
  readonly optionalActions: number;
  /** Whether filters behind it may be shown another header than the MTA sent. */
  readonly changesHeader: boolean;
  /** Whether filters behind it may be shown another body. */
  readonly changesBody: boolean;
  /** Macros that it asks for. */
  readonly macros: MacroRequest;
  /** Whether it is shown recipients that the MTA rejected. */
  readonly rejectedRecipients: boolean;
  /** Whether the header values that it sets have their leading space, or lack it. */
  readonly leadingSpace: boolean;
}

/** Works out a filter's terms. */
// deno-lint-ignore no-explicit-any -- as above
export function makePlan(filter: Filter<any, any>, terms: FilterTerms = filter): Plan {
  let hears = 0;
  for (const event of terms.events ?? EVENT_NAMES) if (filter[event]) hears |= EventBit[event];
  let verdicts = (terms.verdicts ?? EVENT_NAMES).reduce((bits, event) => bits | EventBit[event], 0) &
    hears;
  // Such a filter is asked about the sender when the first recipient comes that it is for.
  if (filter.scope?.recipient && verdicts & EventBit.mail) verdicts |= EventBit.rcpt;
  const changes = new Set(terms.changes);
  // A dry run changes nothing, so it must not make the MTA wait or later filters either.
  const real = filter.dryRun ? [] : [...changes];
  return {
    filter,
    terms,
    hears,
    verdicts: filter.dryRun ? 0 : verdicts,
    changes,
    actions: real.reduce((bits, change) => bits | ACTION_OF_CHANGE[change], 0),
    optionalActions: real.reduce((bits, change) => bits | optionalActionOf(change), 0),
    changesHeader: real.some((change) => change.endsWith("Header")),
    changesBody: real.includes("replaceBody"),
    macros: terms.macros ?? {},
    rejectedRecipients: terms.rejectedRecipients ?? false,
    leadingSpace: terms.leadingSpace ?? false,
  };
}

/** What the MTA is always to tell: contexts and logs show it. Where nobody gives a verdict there it costs no reply. */
const ALWAYS_TOLD = EventBit.connect | EventBit.helo | EventBit.mail | EventBit.rcpt;

/** The events that the MTA waits at for an answer, as `EventBit`, with the protocol bits that were agreed. */
export function answeredEvents(protocol: number): number {
  return ANSWERED_EVENTS.reduce((bits, { bit, nr }) => protocol & nr ? bits : bits | bit, 0);
}

/**
 * What a chain of plans asks of the MTA: what each needs, together.
 *
 * @param plans the filters' terms
 * @param offeredActions what the MTA lets filters do
 * @param answered events that must be answered whatever the filters renounce
 */
export function needsOf(plans: readonly Plan[], offeredActions: number, answered: number): Needs {
  let hears = 0;
  let verdicts = answered;
  let actions = 0;
  let protocol = ProtocolFlag.HEADER_LEADING_SPACE;
  for (const plan of plans) {
    hears |= plan.hears;
    verdicts |= plan.verdicts;
    actions |= plan.actions | (plan.optionalActions & offeredActions);
    if (plan.rejectedRecipients) protocol |= ProtocolFlag.RCPT_REJ;
  }
  let told = hears | ALWAYS_TOLD;
  // The end of the message shows its header, and changes of fields are made by what was shown.
  if (hears & EventBit.eom) told |= EventBit.header;
  for (const { bit, no, nr } of ANSWERED_EVENTS) {
    if (!(told & bit)) protocol |= no;
    if (!(verdicts & bit)) protocol |= nr;
  }
  if (told & EventBit.body) protocol |= ProtocolFlag.SKIP;
  return { actions, protocol, macros: macroListsOf(plans.map(({ macros }) => macros)) };
}

/**
 * Which filters may see the content as it comes: those before whom nobody can change what they read. The others are
 * shown it at the end of the message, as changed.
 *
 * @param plans the filters that take part in the message, in order
 */
export function whoIsLive(plans: readonly Plan[]): boolean[] {
  let header = false;
  let body = false;
  return plans.map((plan, i) => {
    const changed = (header && reads(plan, EventBit.header)) || (body && reads(plan, EventBit.body));
    const waits = changed || (i > 0 && plan.filter.actsOutside);
    header ||= plan.changesHeader;
    body ||= plan.changesBody;
    return !waits;
  });
}

/** Whether a filter has a callback for an event, and wants it. */
export function reads(plan: Plan, event: number): boolean {
  return (plan.hears & event) !== 0;
}
