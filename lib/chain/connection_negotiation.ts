/**
 * Option negotiation on one connection: what a chain requests from the MTA, and the resulting terms.
 *
 * @module
 */

import { ProtocolFlag } from "../protocol/constants.ts";
import type { Needs, Offer } from "../protocol/negotiate.ts";
import { isFinal } from "../filter/verdict.ts";
import { termsAgreedOn } from "./agreed_terms.ts";
import { NEGOTIATION } from "./budget.ts";
import { closeFilter } from "./cleanup.ts";
import type { ConnectionState } from "./connection_state.ts";
import { Failure } from "./failure.ts";
import { type FilterInstance, Out } from "./filter_instance.ts";
import { macroView } from "./macro_lists.ts";
import { type MaybePromise, run, type Steps } from "./maybe_promise.ts";
import { negotiatePlan } from "./negotiation.ts";
import { anySeesLater, needsOf, type Plan } from "./plan.ts";
import { verdictOnFailure } from "./verdict_rules.ts";

/** Asks the filters for their terms and determines what to request from the MTA. */
export function negotiate(state: ConnectionState, offer: Offer): MaybePromise<Needs> {
  const { standing } = state.settings;
  const standingNeeds = standing.needs(offer.actions);
  if (!standingNeeds) return run(askAll(state, offer));
  const needs = needsHere(state, standingNeeds);
  state.terms = standing.terms(needs.protocol & offer.protocol);
  return needs;
}

function* askAll(state: ConnectionState, offer: Offer): Steps<Needs> {
  const { host, instances, settings } = state;
  const shown: Offer = host.hops ? { ...offer, hops: host.hops } : offer;
  const plans: Plan[] = [];
  for (const instance of instances) {
    if (state.cancelled) break;
    const plan = yield* negotiatePlan(instance, plans, shown, () => state.allowance(instance, NEGOTIATION));
    if (plan === undefined) {
      leaveOut(state, instance);
    } else if (plan instanceof Failure) {
      const verdict = verdictOnFailure(state, instance, "negotiate", plan);
      if (isFinal(verdict) && !instance.plan.filter.dryRun) state.verdict ??= verdict;
      leaveOut(state, instance);
    } else {
      instance.plan = plan;
      plans.push(plan);
    }
  }
  const needs = needsHere(state, needsOf(plans, offer.actions, settings.ownNeeds));
  state.terms = {
    ...termsAgreedOn(needs.protocol & offer.protocol, anySeesLater(plans)),
    leftOut: instances.map(({ out }) => out === Out.CONNECTION),
    verdict: state.verdict,
  };
  return needs;
}

function leaveOut(state: ConnectionState, instance: FilterInstance): void {
  instance.leaveOut();
  closeFilter(state, instance);
}

/** Removes what this connection must not request from the filters' needs, and sets which macros each filter sees. */
function needsHere(state: ConnectionState, wanted: Needs): Needs {
  const { host, instances, verdict } = state;
  // A verdict on the connection needs an event that gets a reply, even if no filter gives a verdict there.
  const refused = (host.refusedProtocol ?? 0) | (verdict ? ProtocolFlag.NR_CONNECT : 0);
  const needs = wanted.protocol & refused ? { ...wanted, protocol: wanted.protocol & ~refused } : wanted;
  if (needs.macros && Object.keys(needs.macros).length > 0) {
    for (const instance of instances) {
      const { macros, macrosAtMail } = instance.plan;
      instance.macroView = macroView(macros, macrosAtMail, needs.macros, () => state.mta());
    }
  }
  return needs;
}
