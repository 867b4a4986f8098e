/**
 * The words of rules and conditions, as options and as steps.
 *
 * @module
 */

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
import { RULES, type RuleWord } from "./rules.ts";

const FIELD = { kind: "string", metavar: '"NAME: VALUE"', repeatable: true } as const;

const RULE_WORDS: readonly (OptionSpec & { readonly name: RuleWord })[] = [
  {
    ...FIELD,
    name: "add",
    example: "X-Client: {client_addr}",
    description: "Add a field at the end of the header",
  },
  {
    ...FIELD,
    name: "insert",
    example: "X-Queue: {i}",
    description: "Insert a field on top, above the Received field of the MTA",
  },
  {
    ...FIELD,
    name: "set",
    example: "Precedence: bulk",
    description:
      "Give the first field of the name this value and remove its others, or add it where there is none",
  },
  {
    name: "remove",
    kind: "string",
    metavar: "NAME",
    repeatable: true,
    example: "X-Spam*",
    description: "Remove all fields of the name; with * at its end, of all names that begin so",
  },
  {
    name: "rename",
    kind: "string",
    metavar: '"OLD NEW"',
    repeatable: true,
    example: "X-Old X-New",
    description: "Give all fields of a name another one, in their places",
  },
  {
    name: "replace",
    kind: "string",
    metavar: '"NAME /REGEXP/FLAGS TEXT"',
    repeatable: true,
    example: "Subject /^\\[(\\w+)\\]/ ($1)",
    description: "Replace the first match, with flag g every one, in the values of all fields of the name",
  },
];

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
    metavar: '"NAME /REGEXP/FLAGS"',
    example: "Subject /^\\[list\\]/i",
    description: "some field of the name matches",
    make: (value, fail) => headerMatches(value as string, fail),
  },
  sender: {
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/@example\\.com$/i",
    description: "the address of the sender matches",
    make: (value, fail) => senderMatches(value as RegExp, fail),
  },
  recipient: {
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/@example\\.com$/i",
    description: "the address of a recipient matches",
    make: (value, fail) => recipientMatches(value as RegExp, fail),
  },
  client: {
    kind: "network",
    metavar: "NETWORK",
    example: "192.0.2.0/24",
    description: "the address of the SMTP client lies in the network",
    make: (value) => clientIn(value as Network),
  },
};

/** What makes the condition of each of the words for one. */
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
      description: `Only if ${description}: the rules that follow`,
    },
    {
      name: `unless-${name}`,
      kind,
      metavar,
      example,
      repeatable: true,
      description: `Except if ${description}: the rules that follow`,
    },
  ],
);

/** All words that a rules file may hold, which are options too. */
export const WORDS: readonly OptionSpec[] = [
  ...RULE_WORDS,
  ...CONDITION_WORDS,
  {
    name: "always",
    kind: "flag",
    repeatable: true,
    description: "End the conditions before it: the rules that follow are carried out always",
  },
];

/**
 * The step that a word and its value are.
 *
 * @param word one of {@linkcode WORDS}
 * @param value its value, as `parseOption` makes it
 * @throws {OptionError} when the value makes no sense
 */
export function stepOf(word: string, value: unknown): RuleStep {
  if (word === "always") return { type: "always" };
  const fail: Fail = (reason) => {
    throw new OptionError(word, String(value), reason);
  };
  if (isRuleWord(word)) return { type: "rule", rule: RULES[word](value as string, fail) };
  const make = CONDITION_MAKERS.get(word);
  if (make === undefined) throw new RangeError(`There is no word ${word}`);
  return { type: "condition", condition: make(value, fail) };
}

function isRuleWord(word: string): word is RuleWord {
  return Object.hasOwn(RULES, word);
}
