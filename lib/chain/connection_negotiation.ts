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

/** The last needs that {@linkcode without} returned for each: connections of one kind share them. */
const REDUCED = new WeakMap<Needs, { readonly refused: number; readonly needs: Needs }>();

/** Removes protocol bits from needs. */
function without(wanted: Needs, refused: number): Needs {
  const last = REDUCED.get(wanted);
  if (last?.refused === refused) return last.needs;
  const needs = { ...wanted, protocol: wanted.protocol & ~refused };
  REDUCED.set(wanted, { refused, needs });
  return needs;
}

/** Removes what this connection must not request from the filters' needs, and notes which macros are requested. */
function needsHere(state: ConnectionState, wanted: Needs): Needs {
  const { host, verdict } = state;
  // A verdict on the connection needs an event that gets a reply, even if no filter gives a verdict there.
  const refused = (host.refusedProtocol ?? 0) | (verdict ? ProtocolFlag.NR_CONNECT : 0);
  const needs = wanted.protocol & refused ? without(wanted, refused) : wanted;
  if (needs.macros && Object.keys(needs.macros).length > 0) state.requestedMacros = needs.macros;
  return needs;
}
