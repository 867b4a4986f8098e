/**
 * What one filter makes of the MTA's offer.
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
import { macroListsOf } from "./macro_lists.ts";
import { makePlan, needsOf, type Plan, whoIsLive } from "./plan.ts";
import { InvalidFilterError, validateTerms } from "../filter/validate.ts";
import { InvalidVerdictError } from "../filter/verdict.ts";

/**
 * Asks a filter for its terms on a connection.
 *
 * @param instance the filter, with its terms in general
 * @param others the terms of the filters before it, with which its own must go together
 * @param offer what the MTA offers
 * @param allowance how long it may take
 * @returns its terms on this connection; undefined where it takes no part; a failure where it threw, answered what are
 * no terms, or needs what is not offered
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
            `Cannot answer negotiate with ${answer.kind}: only with reject`,
          );
        }
      } else if (answer !== undefined) {
        agreed = planOf(plan, answer);
        macroListsOf([...others, agreed].map(({ macros }) => macros));
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
 * What a chain asks of its MTA where no filter has a say of its own at negotiation: the same on every connection that is
 * offered the same, so it is worked out once.
 */
export class StandingNeeds {
  /** Whether everybody sees the content as it comes. */
  readonly allLive: boolean;
  readonly #plans: readonly Plan[];
  readonly #answered: number;
  /** Whether a filter is to be asked on each connection. */
  readonly #anyAsks: boolean;
  readonly #needed: number;
  readonly #optional: number;
  /** By the optional actions that the MTA lets them do. */
  readonly #needs = new Map<number, Needs>();
  /** By the protocol bits that were agreed on. */
  readonly #terms = new Map<number, AgreedTerms>();

  /**
   * @param plans the filters' terms, in order
   * @param answered events that must be answered whatever the filters renounce
   */
  constructor(plans: readonly Plan[], answered: number) {
    this.#plans = plans;
    this.#answered = answered;
    this.allLive = whoIsLive(plans).every(Boolean);
    this.#anyAsks = plans.some(({ filter }) => filter.negotiate !== undefined);
    this.#needed = plans.reduce((bits, { actions }) => bits | actions, 0);
    this.#optional = plans.reduce((bits, { optionalActions }) => bits | optionalActions, 0);
  }

  /** What comes of an agreement on these protocol bits. */
  terms(agreed: number): AgreedTerms {
    let terms = this.#terms.get(agreed);
    if (!terms) this.#terms.set(agreed, terms = termsAgreedOn(agreed, this.allLive));
    return terms;
  }

  /**
   * What to ask for.
   *
   * @param offered the actions that the MTA offers
   * @returns undefined where the filters are to be asked, or lack what they need
   */
  needs(offered: number): Needs | undefined {
    if (this.#anyAsks || (this.#needed & ~offered) !== 0) return undefined;
    const optional = this.#optional & offered;
    let needs = this.#needs.get(optional);
    if (!needs) this.#needs.set(optional, needs = needsOf(this.#plans, offered, this.#answered));
    return needs;
  }
}

function planOf({ filter }: Plan, answer: unknown): Plan {
  const invalid = (value: unknown, reason: string): never => {
    throw new InvalidFilterError(
      `"${filter.name}"`,
      value,
      `its negotiate answered terms that cannot be: ${reason}`,
    );
  };
  if (typeof answer !== "object" || answer === null) {
    return invalid(answer, `want an object, got ${typeof answer}`);
  }
  const terms = answer as FilterTerms;
  validateTerms(terms, filter, invalid);
  return makePlan(filter, terms);
}

function isVerdict(answer: unknown): answer is { readonly kind: unknown } {
  return typeof answer === "object" && answer !== null && "kind" in answer;
}
