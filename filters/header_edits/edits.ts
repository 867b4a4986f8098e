/**
 * Changes of header fields, by the words for them: add, insert, set, remove, rename and replace.
 *
 * @module
 */

import type { ExpressionMatch } from "../../lib/expressions/expression.ts";
import type { Change } from "../../lib/filter/filter_terms.ts";
import { toBytes } from "../../lib/message/text.ts";
import { groupNames, groupOf, parseNamedExpression } from "./expression.ts";
import type { Fail } from "../../lib/options/quantities.ts";
import { checkName, exactName, namePattern } from "./header_name.ts";
import { replaceInText, replaceInValue } from "./header_value.ts";
import { parseTemplate, type Template, type TemplateContext } from "./template.ts";
import type { WorkingHeader } from "./working_header.ts";

/** A change of the header. */
export interface HeaderEdit {
  /** The changes that it may make. */
  readonly changes: readonly Change[];
  /** The names of the fields that it may change or delete, with `*` for any text. */
  readonly changedFields: readonly string[];
  /** Whether it looks at the fields that the message has. */
  readonly readsHeader: boolean;
  /** Applies it to one message. */
  apply(header: WorkingHeader, context: TemplateContext): void;
}

/** The word for a change. */
export type EditWord = "add" | "insert" | "set" | "remove" | "rename" | "replace";

/** Makes a change from the text after its word. Throws what `fail` throws. */
export type EditMaker = (text: string, fail: Fail) => HeaderEdit;

/** The changes by their words. */
export const EDITS: Record<EditWord, EditMaker> = {
  add: (text, fail) => {
    const { name, value } = parseField(text, fail);
    return {
      changes: ["addHeader"],
      changedFields: [],
      readsHeader: false,
      apply: (header, context) => header.add(name, value(context)),
    };
  },

  insert: (text, fail) => {
    const { name, value } = parseField(text, fail);
    return {
      changes: ["insertHeader"],
      changedFields: [],
      readsHeader: false,
      apply: (header, context) => header.insert(name, value(context)),
    };
  },

  set: (text, fail) => {
    const { name, value } = parseField(text, fail);
    const matches = exactName(name, fail);
    return {
      changes: ["addHeader", "changeHeader", "deleteHeader"],
      changedFields: [name],
      readsHeader: true,
      apply(header, context) {
        const [first, ...others] = header.matching(matches);
        if (!first) return header.add(name, value(context));
        first.value = toBytes(value(context));
        first.made = true;
        if (others.length > 0) header.remove(others);
      },
    };
  },

  remove: (text, fail) => {
    const matches = namePattern(text.trim(), fail);
    return {
      changes: ["deleteHeader"],
      changedFields: [text.trim()],
      readsHeader: true,
      apply: (header) => header.remove(header.matching(matches)),
    };
  },

  rename: (text, fail) => {
    const [oldName, newName, ...more] = text.trim().split(/\s+/);
    if (oldName === undefined || newName === undefined || more.length > 0) {
      return fail(`want two header names, such as "X-Old X-New"`);
    }
    const matches = exactName(oldName, fail);
    checkName(newName, fail);
    if (oldName === newName) return fail("the new name is the old one");
    return {
      changes: ["addHeader", "deleteHeader"],
      changedFields: [oldName],
      readsHeader: true,
      apply(header) {
        for (const field of header.matching(matches)) field.name = newName;
      },
    };
  },

  replace: (text, fail) => {
    const usage = `[text:]NAME /expression/flags replacement, such as "text:Subject /^\\[(\\w+)\\]/ ($1)"`;
    const { name, isText, expression, rest } = parseNamedExpression(text, usage, fail);
    const matches = exactName(name, fail);
    const replacement = parseTemplate(rest, fail, groupNames(expression));
    return {
      changes: ["changeHeader"],
      changedFields: [name],
      readsHeader: true,
      apply(header, context) {
        for (const field of header.matching(matches)) {
          const filled = (match: ExpressionMatch) => replacement(context, (group) => groupOf(match, group));
          const value = isText
            ? replaceInText(name, field.value, expression, filled)
            : replaceInValue(field.value, expression, filled);
          if (value) field.value = value;
        }
      },
    };
  },
};

/** `Name: value`, the value without the white space around it. */
function parseField(text: string, fail: Fail): { name: string; value: Template } {
  // Without white space after its colon this would be a field named "text".
  if (/^text:[!-9;-~]+:/i.test(text)) checkName(text, fail);
  const colon = text.indexOf(":");
  if (colon < 0) return fail(`want "Name: value"; there is no colon`);
  return {
    name: checkName(text.slice(0, colon), fail),
    value: parseTemplate(text.slice(colon + 1).trim(), fail),
  };
}
