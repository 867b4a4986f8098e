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
  rules.forEach(({ rule, values }, i) => {
    const before = rules.slice(0, i).find((other) =>
      (!matchesAll || other.rule.actions.decision !== undefined) && covers(other, { rule, values })
    );
    if (before === undefined) return;
    const { name, parts } = before.rule;
    const reason = parts.length === 0
      ? `it can never act, since the rule ${name} before it is for all mail`
      : `it can never act, since the rule ${name} before it is for all mail that this one is for`;
    throw new OptionError("rule", rule.name, `${reason}; put it before that`, i);
  });
}

function covers(outer: WrittenRule, inner: WrittenRule): boolean {
  const given = outer.values.given.map(({ name }) => name)
    .filter((name) => name === "field" || GROUP_CONDITIONS.includes(name));
  const inDoubt = given.some((name) => DOUBTFUL.includes(name));
  if (outer.rule.wantsCertainty && !inner.rule.wantsCertainty && inDoubt) return false;
  return [...new Set(given)].every((name) => follows(name, outer.values, inner.values));
}

/** Whether what an option of one rule asks for follows from the options of another. */
function follows(name: string, outer: OptionValues, inner: OptionValues): boolean {
  const [asked, said] = [outer, inner].map(({ given }) => given.filter((option) => option.name === name));
  if (asked === undefined || said === undefined || said.length === 0) return false;
  if (name === "only-larger") return Number(said[0]!.value) >= Number(asked[0]!.value);
  if (name === "only-smaller") return Number(said[0]!.value) <= Number(asked[0]!.value);
  const includes = (a: typeof asked[number], b: typeof asked[number]) =>
    a.text === b.text || isWithin(name, a.value, b.value);
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
