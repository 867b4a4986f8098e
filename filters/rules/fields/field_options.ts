/**
 * The options of rules that are applied to header fields one by one.
 *
 * @module
 */

import { OptionError, type OptionSpec, type OptionValues } from "../../../lib/options/options.ts";
import { FIELD_KINDS, type FieldKind } from "./field_lines.ts";

/** Which fields are looked at. */
export const FIELDS_OPTION: OptionSpec = {
  name: "fields",
  kind: "enum",
  metavar: "KIND",
  choices: [...FIELD_KINDS],
  repeatable: true,
  example: "header",
  description:
    "With --match field, which fields are examined: header, those of the message except MIME fields; mime, MIME fields and those of parts; nested, those of attached messages; by default header and MIME fields of the message itself",
};

/** The condition of a rule on a field. */
export const FIELD_OPTION: OptionSpec = {
  name: "field",
  kind: "string",
  metavar: '"[!]/REGEXP/FLAGS ..."',
  example: "/^Subject:/i !/\\[list\\]/i",
  description:
    "With --match field: only for header fields that match as a whole: name, colon and undecoded value, on one line; ! before an expression: that do not match it",
};

/** What a rule does with the field that it matches. */
export const FIELD_ACTION_OPTIONS: readonly OptionSpec[] = [
  {
    name: "next-field",
    kind: "flag",
    description: "With --match field: evaluate no further rule for this field, and continue with the next",
  },
  { name: "remove-field", kind: "flag", description: "With --match field: remove this field" },
  {
    name: "replace-field",
    kind: "string",
    metavar: '"NAME: VALUE"',
    example: "Subject: [list] $1",
    description: "With --match field: replace this field with another; $1 is a group of --field",
  },
  {
    name: "prepend-field",
    kind: "string",
    metavar: '"NAME: VALUE"',
    repeatable: true,
    example: "X-Score: $1",
    description: "With --match field: insert a field right before this one",
  },
];

/**
 * The kinds of fields that are looked at.
 *
 * @param options the options of the filter
 * @param isForFields whether rules look at fields one by one
 * @returns undefined for those of the message itself, of whatever kind
 * @throws {OptionError} if the rules do not look at fields one by one
 */
export function readFieldKinds(
  options: OptionValues,
  isForFields: boolean,
): ReadonlySet<FieldKind> | undefined {
  const kinds = options.all("enum", "fields");
  if (kinds.length === 0) return undefined;
  if (!isForFields) throw new OptionError("fields", kinds[0], "it needs --match field");
  return new Set(kinds as FieldKind[]);
}
