/**
 * Negotiates the terms of one filter on the MTA's offer.
 *
 * @module
 */

import { actionNames, type Needs, type Offer } from "../protocol/negotiate.ts";
import { type VerdictKind, verdictScope } from "../protocol/verdict_scope.ts";
import { type AgreedTerms, termsAgreedOn } from "./agreed_terms.ts";
import type { Allowance } from "./budget.ts";
import type { FilterTerms } from "../filter/filter_terms.ts";
import { Failure } from "./failure.ts";
import type { FilterInstance } from "./filter_instance.ts";
import type { OwnNeeds } from "./message_limits.ts";
import { anySeesLater, macrosRequestedBy, makePlan, needsOf, type Plan } from "./plan.ts";
import { InvalidFilterError, validateTerms } from "../filter/validate.ts";
import { InvalidVerdictError } from "../filter/verdict.ts";

/**
 * Asks a filter for its terms on a connection.
 *
 * @param instance the filter, with its declared terms
 * @param others the terms of the filters before it, which its own must be compatible with
 * @param offer what the MTA offers
 * @param allowance returns how long it may take
 * @returns its terms on this connection; undefined if it takes no part; a failure if it threw, answered with invalid
 * terms, or needs what is not offered
 */
export function* negotiatePlan(
  instance: FilterInstance,
  others: readonly Plan[],
  offer: Offer,
  allowance: () => Allowance,
): Generator<Promise<unknown>, Plan | Failure | undefined, unknown> {
  const { plan } = instance;
  let agreed = plan;
  if (plan.filter.negotiate) {
    let answer: unknown;
    try {
      answer = instance.negotiate(offer);
      if (answer instanceof Promise) answer = yield instance.wait(answer, allowance());
      if (answer instanceof Failure) return answer;
      if (isVerdict(answer)) {
        const scope = verdictScope("negotiate", answer.kind as VerdictKind);
        if (scope === "connection") return undefined;
        if (scope !== "nothing") {
          throw new InvalidVerdictError(
            answer,
            `Invalid answer to negotiate: ${answer.kind}; the only valid verdict is reject`,
          );
        }
      } else if (answer !== undefined) {
        agreed = planOf(plan, answer);
        macrosRequestedBy([...others, agreed]);
      }
    } catch (error) {
      return new Failure(error);
    }
  }
  const missing = agreed.actions & ~offer.actions;
  return missing === 0
    ? agreed
    : new Failure(new Error(`The MTA does not let a filter ${actionNames(missing).join(", ")}`));
}

/**
 * What a chain requests from its MTA if no filter has a negotiate callback. It depends only on the MTA's offer, so it
 * is computed once for each offer.
 */
export class StandingNeeds {
  /** Whether any filter sees some of the content later than it arrives. */
  readonly #anySeesLater: boolean;
  readonly #plans: readonly Plan[];
  readonly #limits: OwnNeeds;
  /** Whether any filter has a negotiate callback. */
  readonly #anyAsks: boolean;
  readonly #needed: number;
  readonly #optional: number;
  /** By the optional actions that the MTA allows. */
  readonly #needs = new Map<number, Needs>();
  /** By the agreed protocol bits. */
  readonly #terms = new Map<number, AgreedTerms>();

  /**
   * @param plans the filters' terms, in order
   * @param limits what the limits on messages need
   */
  constructor(plans: readonly Plan[], limits: OwnNeeds) {
    this.#plans = plans;
    this.#limits = limits;
    this.#anySeesLater = anySeesLater(plans);
    this.#anyAsks = plans.some(({ filter }) => filter.negotiate !== undefined);
    this.#needed = plans.reduce((bits, { actions }) => bits | actions, 0);
    this.#optional = plans.reduce((bits, { optionalActions }) => bits | optionalActions, 0);
  }

  /** Returns the terms that follow from the agreed protocol bits. */
  terms(agreed: number): AgreedTerms {
    let terms = this.#terms.get(agreed);
    if (!terms) this.#terms.set(agreed, terms = termsAgreedOn(agreed, this.#anySeesLater));
    return terms;
  }

  /**
   * Returns what to request.
   *
   * @param offered the actions that the MTA offers, as `ActionFlag`
   * @returns undefined if a filter must be asked, or needs what is not offered
   */
  needs(offered: number): Needs | undefined {
    if (this.#anyAsks || (this.#needed & ~offered) !== 0) return undefined;
    const optional = this.#optional & offered;
    let needs = this.#needs.get(optional);
    if (!needs) this.#needs.set(optional, needs = needsOf(this.#plans, offered, this.#limits));
    return needs;
  }
}

function planOf({ filter }: Plan, answer: unknown): Plan {
  const invalid = (value: unknown, reason: string): never => {
    throw new InvalidFilterError(
      `"${filter.name}"`,
      value,
      `its negotiate callback returned invalid terms: ${reason}`,
    );
  };
  if (typeof answer !== "object" || answer === null) {
    return invalid(answer, `must be an object, not ${typeof answer}`);
  }
  const terms = answer as FilterTerms;
  validateTerms(terms, filter, invalid);
  return makePlan(filter, terms);
}

function isVerdict(answer: unknown): answer is { readonly kind: unknown } {
  return typeof answer === "object" && answer !== null && "kind" in answer;
}
