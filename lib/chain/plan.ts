/**
 * What follows from a filter's terms: computed once, used at every event.
 *
 * @module
 */

import { ActionFlag, ProtocolFlag } from "../protocol/constants.ts";
import type { MacroRequest } from "../protocol/macros.ts";
import type { Needs } from "../protocol/negotiate.ts";
import { ANSWERED_EVENTS, EVENT_NAMES, EventBit } from "../protocol/events.ts";
import type { Filter } from "../filter/filter.ts";
import { ACTION_OF_CHANGE, type Change, type FilterTerms, optionalActionOf } from "../filter/filter_terms.ts";
import { macroListsOf } from "./macro_lists.ts";
import type { OwnNeeds } from "./message_limits.ts";

/** What follows from one filter's terms on one connection. */
// deno-lint-ignore no-explicit-any -- the state types of a filter are nobody's business but its own
export interface Plan<F = Filter<any, any>> {
  /** The filter. */
  readonly filter: F;
  /** The terms that it is derived from. */
  readonly terms: FilterTerms;
  /** The events that it has a callback for, as `EventBit`. */
  readonly hears: number;
  /** The events at which it may give a verdict, as `EventBit`. */
  readonly verdicts: number;
  /** What it may change. */
  readonly changes: ReadonlySet<Change>;
  /** The actions that the MTA must allow, as `ActionFlag`. */
  readonly actions: number;
  /** The actions that it uses if the MTA allows them, as `ActionFlag`. */
  readonly optionalActions: number;
  /** Whether filters after it may see a different header than the MTA sent. */
  readonly changesHeader: boolean;
  /** Whether filters after it may see a different body. */
  readonly changesBody: boolean;
  /** Whether its `eom` reads the header. */
  readonly readsHeader: boolean;
  /** Whether its `eom` reads the body, which is kept for that. */
  readonly content: boolean;
  /** The macros that it requests. */
  readonly macros: MacroRequest;
  /** The macros that it or its scope wants at MAIL besides the defaults. */
  readonly macrosAtMail: readonly string[];
  /** Whether it sees recipients that the MTA rejected. */
  readonly rejectedRecipients: boolean;
  /** Whether the header values that it sets include the leading space. */
  readonly leadingSpace: boolean;
}

const HEADER_ACTIONS = ActionFlag.ADD_HEADERS | ActionFlag.CHANGE_HEADERS;

/** Computes the plan from a filter's terms. */
// deno-lint-ignore no-explicit-any -- as above
export function makePlan(filter: Filter<any, any>, terms: FilterTerms = filter): Plan {
  let hears = 0;
  for (const event of terms.events ?? EVENT_NAMES) if (filter[event]) hears |= EventBit[event];
  let verdicts = (terms.verdicts ?? EVENT_NAMES).reduce((bits, event) => bits | EventBit[event], 0) &
    hears;
  // Such a filter is asked about the sender when the first recipient in its scope comes.
  if (filter.scope?.recipient && verdicts & EventBit.mail) verdicts |= EventBit.rcpt;
  const changes = new Set(terms.changes);
  // A dry run changes nothing, so neither the MTA nor later filters must wait for it.
  const real = filter.dryRun ? [] : [...changes];
  return {
    filter,
    terms,
    hears,
    verdicts: filter.dryRun ? 0 : verdicts,
    changes,
    actions: real.reduce((bits, change) => bits | ACTION_OF_CHANGE[change], 0),
    optionalActions: real.reduce((bits, change) => bits | optionalActionOf(change), 0),
    changesHeader: real.some((change) => (ACTION_OF_CHANGE[change] & HEADER_ACTIONS) !== 0),
    changesBody: real.some((change) => (ACTION_OF_CHANGE[change] & ActionFlag.CHANGE_BODY) !== 0),
    readsHeader: (hears & EventBit.eom) !== 0 && (terms.readsHeader ?? true),
    content: terms.content === "mime" && (hears & EventBit.eom) !== 0,
    macros: terms.macros ?? {},
    macrosAtMail: [...filter.scope?.macros ?? [], ...filter.asksMacros ?? []],
    rejectedRecipients: terms.rejectedRecipients ?? false,
    leadingSpace: terms.leadingSpace ?? false,
  };
}

/** Events that the MTA must always send: contexts and logs use them. Without verdicts there, they cost no reply. */
const ALWAYS_TOLD = EventBit.connect | EventBit.helo | EventBit.mail | EventBit.rcpt;

/** Returns the events at which the MTA waits for a reply, as `EventBit`, given the agreed protocol bits. */
export function answeredEvents(protocol: number): number {
  return ANSWERED_EVENTS.reduce((bits, { bit, nr }) => protocol & nr ? bits : bits | bit, 0);
}

/**
 * Returns what a chain requests from the MTA: the needs of all its filters and of its limits combined.
 *
 * @param plans the filters' terms
 * @param offeredActions the actions that the MTA allows, as `ActionFlag`
 * @param limits what the limits on messages need
 */
export function needsOf(plans: readonly Plan[], offeredActions: number, limits: OwnNeeds): Needs {
  let hears = limits.told;
  let verdicts = limits.answered;
  let actions = 0;
  let protocol = ProtocolFlag.HEADER_LEADING_SPACE;
  for (const plan of plans) {
    hears |= plan.hears;
    // Changes to fields are computed from the header that the MTA sent; the scope may ask for what is in it.
    if (plan.readsHeader || plan.filter.scope?.end) hears |= EventBit.header;
    if (plan.content) hears |= EventBit.body;
    verdicts |= plan.verdicts;
    actions |= plan.actions | (plan.optionalActions & offeredActions);
    if (plan.rejectedRecipients) protocol |= ProtocolFlag.RCPT_REJ;
  }
  const told = hears | ALWAYS_TOLD;
  for (const { bit, no, nr } of ANSWERED_EVENTS) {
    if (!(told & bit)) protocol |= no;
    if (!(verdicts & bit)) protocol |= nr;
  }
  if (told & EventBit.body) protocol |= ProtocolFlag.SKIP;
  return { actions, protocol, macros: macrosRequestedBy(plans) };
}

/**
 * Returns the macros that a chain requests.
 *
 * @param plans the filters' terms
 * @throws {RangeError} if a stage has more names than Sendmail accepts
 */
export function macrosRequestedBy(plans: readonly Plan[]): MacroRequest {
  return macroListsOf(plans.map(({ macros }) => macros), plans.flatMap(({ macrosAtMail }) => macrosAtMail));
}

/**
 * Returns which filters may see the content as it arrives: those that read nothing an earlier filter may change, and
 * that do not depend on results. The others see it at the end of the message, as changed.
 *
 * @param plans the filters that take part in the message, in order
 */
export function whoIsLive(plans: readonly Plan[]): boolean[] {
  let header = false;
  let body = false;
  return plans.map((plan, i) => {
    const changed = (header && reads(plan, EventBit.header)) || (body && reads(plan, EventBit.body));
    // A scope that depends on results is decided at the end, so that a filter gets the content only of messages in its
    // scope.
    const waits = changed || (i > 0 && plan.filter.actsOutside) || plan.filter.scope?.end !== undefined;
    header ||= plan.changesHeader;
    body ||= plan.changesBody;
    return !waits;
  });
}

/** Whether any filter sees some of the content later than it arrives, so that each message must be planned. */
export function anySeesLater(plans: readonly Plan[]): boolean {
  return plans.some(({ content }) => content) || !whoIsLive(plans).every(Boolean);
}

/** Whether the body is kept for a filter: it reads it at the end, or is shown it only then. */
export function keepsBody(plan: Plan, live: boolean): boolean {
  return plan.content || (!live && reads(plan, EventBit.body));
}

/** Whether a filter has a callback for an event and wants the event. */
export function reads(plan: Plan, event: number): boolean {
  return (plan.hears & event) !== 0;
}
