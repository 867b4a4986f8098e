/**
 * The options for changes of header fields.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";
import type { EditWord } from "./edits.ts";

const FIELD = { kind: "string", metavar: '"NAME: VALUE"', repeatable: true } as const;

/** An option for each word. */
export const EDIT_OPTIONS: readonly (OptionSpec & { readonly name: EditWord })[] = [
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
    description: "Insert a field at the top, above the MTA's Received field",
  },
  {
    ...FIELD,
    name: "set",
    example: "Precedence: bulk",
    description:
      "Set the first field with this name to the value and remove the others, or add one if there is none",
  },
  {
    name: "remove",
    kind: "string",
    metavar: "NAME",
    repeatable: true,
    example: "X-Spam*",
    description: "Remove all fields with this name; NAME* removes all whose names begin with NAME",
  },
  {
    name: "rename",
    kind: "string",
    metavar: '"OLD NEW"',
    repeatable: true,
    example: "X-Old X-New",
    description: "Rename all fields with a name, in place",
  },
  {
    name: "replace",
    kind: "string",
    metavar: '"[text:]NAME /REGEXP/FLAGS TEXT"',
    repeatable: true,
    example: "text:Subject /^\\[(\\w+)\\]/ ($1)",
    description:
      "Replace the first match (with flag g, every match) in the value, or with text: in the decoded text, of all fields with this name",
  },
];
