/**
 * Removes parts from their multiparts.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import type { Part } from "../part.ts";
import { closingLineEnd, type LineEnd } from "./part_change.ts";
import { concatenated } from "../transfer/concatenated.ts";
import type { Splice } from "./splice.ts";

const NOTHING = new Uint8Array(0);

/**
 * What goes with parts: each with the delimiter before it. The first part of a multipart that would be left without any is
 * emptied instead, since a multipart must have one (RFC 2046, 5.1.1).
 *
 * @param parts parts of multiparts, none inside another
 * @param lineEnd the line end of the message
 */
export function removedParts(parts: readonly Part[], lineEnd: LineEnd): Splice[] {
  const removed = new Set(parts);
  return parts.map((part) => {
    const siblings = part.parent!.children;
    const isKept = part === siblings[0] && siblings.every((each) => removed.has(each));
    const { delimiterStart, headerStart, bodyEnd, end } = part.info;
    if (!isKept) return { start: delimiterStart, end, content: NOTHING };
    const empty = toBytes(`Content-Type: text/plain${lineEnd}${lineEnd}`);
    return {
      start: headerStart,
      end: bodyEnd,
      content: concatenated([empty, closingLineEnd(part, lineEnd)]),
    };
  });
}
