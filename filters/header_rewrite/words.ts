/**
 * The words for rules and conditions, with their options and the steps that they make.
 *
 * @module
 */

import type { Expression } from "../../lib/expressions/expression.ts";
import { type Network, OptionError, type OptionSpec } from "../../lib/options/options.ts";
import {
  clientIn,
  type Condition,
  headerMatches,
  not,
  recipientMatches,
  senderMatches,
} from "./conditions.ts";
import type { Fail } from "../../lib/options/quantities.ts";
import type { RuleStep } from "./rule_groups.ts";
import { EDIT_OPTIONS } from "../header_edits/edit_options.ts";
import { EDITS, type EditWord } from "../header_edits/edits.ts";

interface ConditionWord {
  readonly kind: OptionSpec["kind"];
  readonly metavar: string;
  readonly example: string;
  readonly description: string;
  /** Makes the condition of the option's value. */
  make(value: unknown, fail: Fail): Condition;
}

const CONDITIONS: Record<string, ConditionWord> = {
  header: {
    kind: "string",
    metavar: '"[text:]NAME /REGEXP/FLAGS"',
    example: "text:Subject /^\\[list\\]/i",
    description: "a field with this name matches",
    make: (value, fail) => headerMatches(value as string, fail),
  },
  sender: {
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/@example\\.com$/i",
    description: "the sender's address matches",
    make: (value, fail) => senderMatches(value as Expression, fail),
  },
  recipient: {
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/@example\\.com$/i",
    description: "a recipient's address matches",
    make: (value, fail) => recipientMatches(value as Expression, fail),
  },
  client: {
    kind: "network",
    metavar: "NETWORK",
    example: "192.0.2.0/24",
    description: "the SMTP client's address is in the network",
    make: (value) => clientIn(value as Network),
  },
};

/** For each word of a condition, what makes the condition. */
const CONDITION_MAKERS: ReadonlyMap<string, ConditionWord["make"]> = new Map(
  Object.entries(CONDITIONS).flatMap(([name, { make }]): [string, ConditionWord["make"]][] => [
    [`if-${name}`, make],
    [`unless-${name}`, (value, fail) => not(make(value, fail))],
  ]),
);

/** Each condition and its negation. */
const CONDITION_WORDS: readonly OptionSpec[] = Object.entries(CONDITIONS).flatMap(
  ([name, { kind, metavar, example, description }]) => [
    {
      name: `if-${name}`,
      kind,
      metavar,
      example,
      repeatable: true,
      description: `Apply the rules that follow only if ${description}`,
    },
    {
      name: `unless-${name}`,
      kind,
      metavar,
      example,
      repeatable: true,
      description: `Apply the rules that follow unless ${description}`,
    },
  ],
);

/** All words that a rules file may contain, which are options too. */
export const WORDS: readonly OptionSpec[] = [
  ...EDIT_OPTIONS,
  ...CONDITION_WORDS,
  {
    name: "always",
    kind: "flag",
    repeatable: true,
    description: "End the preceding conditions: always apply the rules that follow",
  },
];

/**
 * Makes the step of a word and its value.
 *
 * @param word one of {@linkcode WORDS}
 * @param value its value, as `parseOption` returns it
 * @throws {OptionError} if the value is invalid
 */
export function stepOf(word: string, value: unknown): RuleStep {
  if (word === "always") return { type: "always" };
  const fail: Fail = (reason) => {
    throw new OptionError(word, String(value), reason);
  };
  if (isEditWord(word)) return { type: "rule", rule: EDITS[word](value as string, fail) };
  const make = CONDITION_MAKERS.get(word);
  if (make === undefined) throw new RangeError(`There is no word ${word}`);
  return { type: "condition", condition: make(value, fail) };
}

function isEditWord(word: string): word is EditWord {
  return Object.hasOwn(EDITS, word);
}
