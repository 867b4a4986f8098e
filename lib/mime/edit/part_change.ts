/**
 * Changes to a message: to the bytes of its body, and to the fields of its header.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import type { ByteSource } from "../byte_source.ts";
import type { Part } from "../part.ts";
import type { PartField } from "../structure/part_headers.ts";
import { concatenated } from "../../protocol/bytes.ts";
import type { Splice } from "./splice.ts";

const LF = 0x0a;
const NOTHING = new Uint8Array(0);
const COLON = toBytes(": ");

/** A change to a field of the message's header. */
export interface FieldChange {
  /** Its name. All further fields of that name are removed. */
  readonly name: string;
  /** The value of the first one, which is added if there is none; undefined: all are removed. */
  readonly value: string | undefined;
}

/** A change to a part. */
export interface PartChange {
  /** Changes to the bytes that were read. */
  readonly splices: readonly Splice[];
  /** Changes to the message's header, if it was given separately from the body. */
  readonly fields: readonly FieldChange[];
}

/** The line end of a message. */
export type LineEnd = "\r\n" | "\n";

/** Whether the header of a part is not among the bytes that were read, since only the message's body was read. */
export function isHeaderApart({ info, problems }: Part): boolean {
  if (info.index > 0 || info.bodyStart > 0) return false;
  // Not if there should be a header among them but there is none.
  return !problems.some(({ code }) => code === "no-header-end");
}

/** Whether a position is at the start of a line; false if the message ends within its last line. */
export async function isAtLineStart(source: ByteSource, position: number): Promise<boolean> {
  for await (const piece of source.read(Math.max(0, position - 1), position)) return piece.at(-1) === LF;
  return true;
}

/**
 * Changes fields of a part's header, and leaves the others unchanged.
 *
 * @param part the part
 * @param changes the fields
 * @param lineEnd the line end of the message
 */
export function changedHeader(part: Part, changes: readonly FieldChange[], lineEnd: LineEnd): PartChange {
  if (isHeaderApart(part)) return { splices: [], fields: changes };
  const { headerStart } = part.info;
  const splices = changes.flatMap(({ name, value }): Splice[] => {
    const [first, ...others] = part.headers.all(name);
    const gone = others.map((field) => over(field, NOTHING));
    if (first === undefined) {
      // At the top, since programs skip the end of a header that is too long.
      return value === undefined
        ? []
        : [{ start: headerStart, end: headerStart, content: line(name, value, lineEnd) }];
    }
    return [over(first, value === undefined ? NOTHING : line(first.name, value, lineEnd)), ...gone];
  });
  return { splices, fields: [] };
}

/**
 * Rewrites the header of a part, with its empty line.
 *
 * @param part the part
 * @param changes the fields that change, in the order in which new ones are added
 * @param lineEnd the line end of the message
 */
export function writtenHeader(part: Part, changes: readonly FieldChange[], lineEnd: LineEnd): Uint8Array {
  const end = toBytes(lineEnd);
  const kept = [...part.headers].filter((field) => !changes.some(({ name }) => field.is(name)));
  return concatenated([
    ...changes.map(({ name, value }) => value === undefined ? NOTHING : line(name, value, lineEnd)),
    ...kept.flatMap((field) => [field.nameBytes, COLON, field.valueBytes, end]),
    end,
  ]);
}

/**
 * The line end that must follow new content if the next delimiter shares its line end with the removed content, as in
 * an empty part.
 */
export function closingLineEnd({ parent, info }: Part, lineEnd: LineEnd): Uint8Array {
  return parent !== undefined && info.bodyEnd === info.end ? toBytes(lineEnd) : NOTHING;
}

function over(field: PartField, content: Uint8Array): Splice {
  return { start: field.start!, end: field.end!, content };
}

function line(name: string, value: string, lineEnd: LineEnd): Uint8Array {
  return toBytes(`${name}: ${value.replaceAll(/\r?\n/g, lineEnd)}${lineEnd}`);
}
