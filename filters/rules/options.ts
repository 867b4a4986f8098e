/**
 * The options of the filter `rules`.
 *
 * @module
 */

import { declarationsOf, type OptionDeclarations } from "../../lib/filter/option_declarations.ts";
import type { OptionSpec } from "../../lib/options/options.ts";
import { EDIT_OPTIONS } from "../header_edits/edit_options.ts";
import { FIELD_ACTION_OPTIONS, FIELD_OPTION, FIELDS_OPTION } from "./fields/field_options.ts";

/** The actions of a rule that are not changes of header fields. */
const ACTION_OPTIONS: readonly OptionSpec[] = [
  {
    name: "reject",
    kind: "string",
    metavar: '"[CODE [X.Y.Z]] TEXT"',
    example: "550 5.7.1 No lotteries here",
    description: "Refuse the message, or at RCPT the recipient, with this reply; without a code 550 5.7.1",
  },
  {
    name: "tempfail",
    kind: "string",
    metavar: '"[CODE [X.Y.Z]] TEXT"',
    example: "451 4.7.1 Try again later",
    description:
      "Refuse the message, or at RCPT the recipient, temporarily with this reply; without a code 451 4.7.1",
  },
  { name: "discard", kind: "flag", description: "Accept the message and drop it silently" },
  {
    name: "accept",
    kind: "flag",
    description: "Evaluate no further rule for the message; later filters still see it",
  },
  {
    name: "quarantine",
    kind: "string",
    metavar: "REASON",
    example: "Possible fraud",
    description: "Make the MTA hold the message for review",
  },
  {
    name: "redirect",
    kind: "string",
    metavar: "ADDRESS",
    repeatable: true,
    example: "abuse@example.org",
    description: "Deliver the message to this address instead of its recipients",
  },
  {
    name: "add-recipient",
    kind: "string",
    metavar: "ADDRESS",
    repeatable: true,
    example: "archive@example.org",
    description: "Deliver the message to this address too",
  },
  {
    name: "log",
    kind: "string",
    metavar: "TEXT",
    example: "lottery from {client_addr}",
    description: "Write a line to the log, and add the text to the message's own line",
  },
];

const ACTIONS: readonly OptionSpec[] = [...ACTION_OPTIONS, ...EDIT_OPTIONS, ...FIELD_ACTION_OPTIONS];

/** The options of the filter. Conditions, which every filter has, may follow each rule, too. */
export const RULE_OPTIONS: OptionDeclarations = declarationsOf([
  {
    name: "match",
    kind: "enum",
    metavar: "WHICH",
    choices: ["first", "all", "field"],
    default: "first",
    description:
      "Whether only the first rule that is met acts, or all of them up to one that decides; field: the first one for each header field",
  },
  FIELDS_OPTION,
  {
    name: "rule",
    kind: "string",
    metavar: "NAME",
    repeatable: true,
    required: true,
    beginsGroup: true,
    example: "lottery",
    description: "Begin a rule with this name: the conditions and actions that follow belong to it",
  },
  ...[FIELD_OPTION, ...ACTIONS].map((spec): OptionSpec => ({ ...spec, inGroup: "only" })),
]);

/** The names of the options that are actions. */
export const ACTION_NAMES: readonly string[] = ACTIONS.map(({ name }) => name);
