/**
 * Finds rules that could never act because an earlier rule always takes precedence.
 *
 * @module
 */

import { GROUP_CONDITIONS } from "../common/scope_options.ts";
import { coversPattern } from "../../lib/options/address_pattern.ts";
import { coversNetwork } from "../../lib/options/network.ts";
import {
  type AddressPattern,
  type DomainPattern,
  type GivenOption,
  type Network,
  OptionError,
  type OptionValues,
} from "../../lib/options/options.ts";
import { keysOfInner, keysOfOuter, type WrittenConditions } from "./covering_keys.ts";
import type { Rule } from "./rule.ts";

/** A rule with the options that it was made of. */
interface WrittenRule {
  readonly rule: Rule;
  readonly values: OptionValues;
}

/** The options that determine which mail, or which of its header fields, a rule matches. */
const CONDITIONS: ReadonlySet<string> = new Set([...GROUP_CONDITIONS, "field"]);

/** Options that can be in doubt although rules are evaluated for each recipient separately, and the size is counted. */
const DOUBTFUL = ["only-from", "not-from", "if", "unless"];

/**
 * Refuses a rule that could never act because an earlier rule that ends the rules matches all of its mail. Only what is
 * certain from the options counts; two expressions are the same only if they are spelled the same.
 *
 * @param rules the rules, in order
 * @param matchesAll whether a rule ends the rules only if it decides
 * @throws {OptionError} about the option that begins such a rule
 */
export function refuseUnreachableRules(rules: readonly WrittenRule[], matchesAll: boolean): void {
  const before = new EarlierRules();
  rules.forEach(({ rule, values }, i) => {
    const asked = { rule, conditions: conditionsOf(values) };
    const covering = before.covering(asked);
    if (covering !== undefined) {
      const whose = covering.conditions.size === 0 ? "all mail" : "all mail that this one is for";
      const reason =
        `it can never act, since the rule ${covering.rule.name} before it is for ${whose}; put it before that`;
      throw new OptionError("rule", rule.name, reason, i);
    }
    if (!matchesAll || rule.actions.decision !== undefined) before.add(asked);
  });
}

/** A rule with its conditions by the names of their options. */
interface AskedRule {
  readonly rule: Rule;
  readonly conditions: WrittenConditions;
}

/** Rules that end the rules. With thousands of them, each must not be compared with all others. */
class EarlierRules {
  #count = 0;
  /** By keys of one of their conditions, see `covering_keys.ts`. */
  readonly #byKey = new Map<string, Placed[]>();
  readonly #others: Placed[] = [];

  add(asked: AskedRule): void {
    const placed = { ...asked, place: this.#count++ };
    const choices = keysOfOuter(asked.conditions);
    if (choices.length === 0) this.#others.push(placed);
    // Many rules may share one condition, so the one that most set this rule apart counts.
    const crowds = choices.map((keys) => [...keys].reduce((sum, key) => sum + this.#alike(key).length, 0));
    for (const key of choices[crowds.indexOf(Math.min(...crowds))] ?? []) {
      const alike = this.#byKey.get(key);
      if (alike) alike.push(placed);
      else this.#byKey.set(key, [placed]);
    }
  }

  /** The first one that matches all mail that a rule matches. */
  covering(inner: AskedRule): AskedRule | undefined {
    let first = this.#others.find((outer) => covers(outer, inner));
    for (const key of keysOfInner(inner.conditions)) {
      const found = this.#alike(key).find((outer) => covers(outer, inner));
      if (found && (first === undefined || found.place < first.place)) first = found;
    }
    return first;
  }

  #alike(key: string): readonly Placed[] {
    return this.#byKey.get(key) ?? NONE;
  }
}

const NONE: readonly Placed[] = [];

/** A rule with its place in the order. */
interface Placed extends AskedRule {
  readonly place: number;
}

function conditionsOf({ given }: OptionValues): AskedRule["conditions"] {
  const conditions = new Map<string, GivenOption[]>();
  for (const option of given) {
    if (!CONDITIONS.has(option.name)) continue;
    const others = conditions.get(option.name);
    if (others) others.push(option);
    else conditions.set(option.name, [option]);
  }
  return conditions;
}

function covers(outer: AskedRule, inner: AskedRule): boolean {
  for (const [name, asked] of outer.conditions) {
    const said = inner.conditions.get(name);
    if (said === undefined || !follows(name, asked, said)) return false;
  }
  const inDoubt = DOUBTFUL.some((name) => outer.conditions.has(name));
  const { wantsCertainty, actions } = outer.rule;
  const endsInDoubt = !wantsCertainty && actions.decision !== undefined;
  return !(inDoubt && !endsInDoubt && !inner.rule.wantsCertainty);
}

/** Whether an option's condition in one rule follows from the same option of another. */
function follows(name: string, asked: readonly GivenOption[], said: readonly GivenOption[]): boolean {
  const [limit, other] = [Number(asked[0]!.value), Number(said[0]!.value)];
  if (name === "only-larger") return other >= limit;
  if (name === "only-smaller") return other <= limit;
  const includes = (a: GivenOption, b: GivenOption) => a.text === b.text || isWithin(name, a.value, b.value);
  return name.startsWith("only-")
    ? said.every((each) => asked.some((other) => includes(other, each)))
    : asked.every((each) => said.some((other) => includes(other, each)));
}

/** Whether a value covers another. */
function isWithin(name: string, outer: unknown, inner: unknown): boolean {
  if (name.endsWith("-client")) return coversNetwork(outer as Network, inner as Network);
  if (/-(?:sender|recipient)$/.test(name)) {
    return coversPattern(outer as AddressPattern, inner as AddressPattern);
  }
  if (!name.endsWith("-from")) return false;
  const [a, b] = [(outer as DomainPattern).text, (inner as DomainPattern).text].map((text) =>
    text.toLowerCase()
  );
  return a === b || (a!.startsWith(".") && !b!.startsWith("@") && b!.endsWith(a!));
}
