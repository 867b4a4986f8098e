/**
 * Reads what a rule does with the header field that it matches.
 *
 * @module
 */

import type { Change } from "../../../lib/filter/filter_terms.ts";
import { type GivenOption, OptionError } from "../../../lib/options/options.ts";
import type { Fail } from "../../../lib/options/quantities.ts";
import { checkName } from "../../header_edits/header_name.ts";
import { lineReading } from "../../header_edits/header_value.ts";
import { parseTemplate, type Template, type TemplateContext } from "../../header_edits/template.ts";
import type { OwnField, WorkingHeader } from "../../header_edits/working_header.ts";
import { FIELD_ACTION_OPTIONS } from "./field_options.ts";

/** The names of these actions. */
export const FIELD_ACTIONS: readonly string[] = FIELD_ACTION_OPTIONS.map(({ name }) => name);

/** A change to a field, or next to it. */
export interface FieldEdit {
  /** The changes that it may make. */
  readonly changes: readonly Change[];
  /** Whether the field itself is changed or removed. */
  readonly changesField: boolean;
  /** Applies it to a field of a message. */
  apply(header: WorkingHeader, field: OwnField, context: TemplateContext): void;
}

/** A field with its value as it is written in an option. */
interface WrittenField {
  readonly name: string;
  readonly value: Template;
}

/**
 * Reads the changes of the field.
 *
 * @param given the actions of a rule
 * @param groups the names of the groups of its expression
 * @returns undefined if the field stays
 * @throws {OptionError} for two that conflict, or one that is no field
 */
export function readFieldEdit(
  given: readonly GivenOption[],
  groups: ReadonlySet<string> | undefined,
): FieldEdit | undefined {
  const [removes, replaces, stays] = ["remove-field", "replace-field", "next-field"].map((option) =>
    given.find(({ name }) => name === option)
  );
  const other = given.find((option) => option !== stays && option.name !== "log");
  if (stays && other) {
    throw new OptionError("next-field", "true", `--${other.name} does that too; leave one of them out`);
  }
  if (removes && replaces) {
    throw new OptionError("remove-field", "true", "--replace-field replaces the field");
  }
  const prepended = given.filter(({ name }) => name === "prepend-field").map((each) =>
    writtenField(each, groups)
  );
  const replacement = replaces && writtenField(replaces, groups);
  const changesField = removes !== undefined || replaces !== undefined;
  if (!changesField && prepended.length === 0) return undefined;
  return {
    changes: [
      ...(removes || replaces ? ["deleteHeader" as const] : []),
      ...(replaces ? ["changeHeader" as const] : []),
      ...(prepended.length > 0 || replaces ? ["addHeader" as const] : []),
    ],
    changesField,
    apply(header, field, context) {
      const { bytes } = lineReading(field.value);
      for (const { name, value } of prepended) header.place(field, name, bytes(value(context)));
      if (removes) header.remove([field]);
      if (!replacement) return;
      field.name = replacement.name;
      field.value = bytes(replacement.value(context));
      field.made = true;
    },
  };
}

function writtenField({ name, text }: GivenOption, groups: ReadonlySet<string> | undefined): WrittenField {
  const fail: Fail = (reason) => {
    throw new OptionError(name, text, reason);
  };
  const colon = text.indexOf(":");
  if (colon < 0) return fail(`want "Name: value"; there is no colon`);
  return {
    name: checkName(text.slice(0, colon), fail),
    value: parseTemplate(text.slice(colon + 1).trim(), fail, groups),
  };
}
