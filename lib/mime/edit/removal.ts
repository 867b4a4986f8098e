/**
 * Removes parts from their multiparts.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import type { Part } from "../part.ts";
import { concatenated } from "../transfer/concatenated.ts";
import { closingLineEnd, type LineEnd } from "./part_change.ts";
import type { Splice } from "./splice.ts";

const NOTHING = new Uint8Array(0);

/**
 * What goes with parts: each with the delimiter line before it. The first part of a multipart that would be left without any
 * is emptied instead, since a multipart must have one (RFC 2046, 5.1.1).
 *
 * @param parts parts of multiparts, none inside another
 * @param lineEnd the line end of the message
 */
export function removedParts(parts: readonly Part[], lineEnd: LineEnd): Splice[] {
  const removed = new Set(parts);
  return parts.map((part) => {
    const siblings = part.parent!.children;
    const { delimiterStart, headerStart, bodyEnd, end } = part.info;
    if (part === siblings[0] && siblings.every((each) => removed.has(each))) {
      const empty = toBytes(`Content-Type: text/plain${lineEnd}${lineEnd}`);
      return {
        start: headerStart,
        end: bodyEnd,
        content: concatenated([empty, closingLineEnd(part, lineEnd)]),
      };
    }
    const before = siblings[siblings.indexOf(part) - 1];
    const isAfterKept = before !== undefined && !removed.has(before) && before.info.end === delimiterStart;
    // Without a delimiter of the multipart after it, the line end goes that is before its own, and not one after it.
    const start = isAfterKept && isUnclosed(part, removed) ? before.info.bodyEnd : delimiterStart;
    return { start, end: Math.min(end, part.parent!.info.bodyEnd), content: NOTHING };
  });
}

/** Whether all parts after one go too, and no line closes the multipart. */
function isUnclosed(part: Part, removed: ReadonlySet<Part>): boolean {
  const { children, info } = part.parent!;
  const isLast = children.slice(children.indexOf(part)).every((each) => removed.has(each));
  return isLast && (info.closeStart === undefined || info.closeStart < part.info.delimiterStart);
}
