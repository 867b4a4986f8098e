/**
 * Derives header changes from edits of the content.
 *
 * @module
 */

import { HeaderField } from "../message/header.ts";
import type { HeaderChange, Headers } from "../message/header_list.ts";
import type { FieldChange } from "../mime/edit/part_change.ts";

/**
 * Returns the header changes.
 *
 * @param fields the field changes that the edits require
 * @param headers the header that they apply to
 */
export function contentFieldChanges(fields: readonly FieldChange[], headers: Headers): HeaderChange[] {
  return fields.flatMap(({ name, value }): HeaderChange[] => {
    const [first, ...others] = headers.all(name);
    const gone = others.map((of): HeaderChange => ({ type: "deleteHeader", of }));
    if (first === undefined) {
      return value === undefined ? [] : [{ type: "addHeader", field: HeaderField.of(name, value) }];
    }
    return value === undefined
      ? [{ type: "deleteHeader", of: first }, ...gone]
      : [{ type: "changeHeader", of: first, field: HeaderField.of(first.nameBytes, value) }, ...gone];
  });
}
