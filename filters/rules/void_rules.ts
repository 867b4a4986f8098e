/**
 * Finds rules that could never act, since an earlier one always comes before them.
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
import type { Rule } from "./rule.ts";

/** A rule with the options that it was made of. */
interface WrittenRule {
  readonly rule: Rule;
  readonly values: OptionValues;
}

/** What says which mail, or which of its header fields, a rule is for. */
const CONDITIONS: ReadonlySet<string> = new Set([...GROUP_CONDITIONS, "field"]);

/** What can be in doubt although the rules are asked for each recipient by itself, and the size is counted. */
const DOUBTFUL = ["only-from", "not-from", "if", "unless"];

/**
 * Refuses a rule that could never act: an earlier one that ends the rules is for all mail that this one is for. Only what the
 * options say for certain counts; two expressions are the same only if they are spelled the same.
 *
 * @param rules the rules, in order
 * @param matchesAll whether a rule ends the rules only if it decides
 * @throws {OptionError} about the option that begins such a rule
 */
export function refuseVoidRules(rules: readonly WrittenRule[], matchesAll: boolean): void {
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
  readonly conditions: ReadonlyMap<string, readonly GivenOption[]>;
}

/** Options of which one value can stand for another that is spelled otherwise. */
const COMPARED = /-(?:client|sender|recipient|from|larger|smaller)$/;

/** Rules that end the rules. With thousands of them, each must not be compared with all others. */
class EarlierRules {
  /** By a condition that is the same only if it is spelled the same. */
  readonly #bySpelling = new Map<string, AskedRule[]>();
  readonly #others: AskedRule[] = [];

  add(asked: AskedRule): void {
    const [name, options = []] = [...asked.conditions].find(([name]) => !COMPARED.test(name)) ?? [];
    if (name === undefined) this.#others.push(asked);
    for (const { text } of options) {
      const key = `${name} ${text}`;
      const alike = this.#bySpelling.get(key);
      if (alike) alike.push(asked);
      else this.#bySpelling.set(key, [asked]);
    }
  }

  /** One that is for all mail that a rule is for. */
  covering(inner: AskedRule): AskedRule | undefined {
    const given = [...inner.conditions.values()].flat();
    const alike = given.flatMap(({ name, text }) => this.#bySpelling.get(`${name} ${text}`) ?? []);
    return [...alike, ...this.#others].find((outer) => covers(outer, inner));
  }
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

/** Whether what an option of one rule asks for follows from the same option of another. */
function follows(name: string, asked: readonly GivenOption[], said: readonly GivenOption[]): boolean {
  const [limit, other] = [Number(asked[0]!.value), Number(said[0]!.value)];
  if (name === "only-larger") return other >= limit;
  if (name === "only-smaller") return other <= limit;
  const includes = (a: GivenOption, b: GivenOption) => a.text === b.text || isWithin(name, a.value, b.value);
  return name.startsWith("only-")
    ? said.every((each) => asked.some((other) => includes(other, each)))
    : asked.every((each) => said.some((other) => includes(other, each)));
}

/** Whether a value stands for everything that another stands for. */
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
