/**
 * The header fields of a message that rules look at one by one: its own, and those of its parts.
 *
 * @module
 */

import type { MimeMessage } from "../../../lib/mime/parse_mime.ts";
import type { Part } from "../../../lib/mime/part.ts";
import type { PartField } from "../../../lib/mime/structure/part_headers.ts";
import { unfolded } from "../../header_edits/header_value.ts";
import type { OwnField } from "../../header_edits/working_header.ts";

/**
 * Kinds of fields, as Postfix has them (`header_checks`, `mime_header_checks`, `nested_header_checks`): those of the message
 * itself but for its MIME fields; MIME fields of any header, and all fields of parts of a multipart; the other fields of
 * messages inside.
 */
export const FIELD_KINDS = ["header", "mime", "nested"] as const;

/** A kind of fields. */
export type FieldKind = typeof FIELD_KINDS[number];

/** A field to look at. */
export interface FieldLine {
  /** `Name: value` as it was sent, on one line. */
  readonly line: string;
  /** The field, if it is one of the message's own header, which can be changed. */
  readonly field: OwnField | undefined;
}

const MIME_FIELDS = /^(?:MIME-Version|Content-(?:Description|Disposition|ID|Transfer-Encoding|Type))$/i;

/** The fields of the message's own header, in order. */
export function* headerLines(
  fields: readonly OwnField[],
  kinds: ReadonlySet<FieldKind>,
): Generator<FieldLine> {
  for (const field of fields) {
    const kind = MIME_FIELDS.test(field.name) ? "mime" : "header";
    if (kinds.has(kind)) yield { line: lineOf(field.name, field.value), field };
  }
}

/** The fields of its parts, in the order of the body. */
export function* partLines({ parts }: MimeMessage, kinds: ReadonlySet<FieldKind>): Generator<FieldLine> {
  for (const part of parts.slice(1)) {
    const isMessage = isMessageInside(part);
    for (const { name, valueBytes } of part.headers as Iterable<PartField>) {
      const kind = isMessage && !MIME_FIELDS.test(name) ? "nested" : "mime";
      if (kinds.has(kind)) yield { line: lineOf(name, valueBytes), field: undefined };
    }
  }
}

/** Whether a part is a message inside a message, which has a header of its own. */
function isMessageInside({ parent }: Part): boolean {
  return parent !== undefined && !parent.type.startsWith("multipart/");
}

function lineOf(name: string, value: Uint8Array): string {
  return `${name}: ${unfolded(value)}`;
}
