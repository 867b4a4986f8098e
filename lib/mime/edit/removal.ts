/**
 * Removes parts from their multiparts.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import type { Part } from "../part.ts";
import { concatenated } from "../../protocol/bytes.ts";
import { closingLineEnd, type LineEnd } from "./part_change.ts";
import type { Splice } from "./splice.ts";

const NOTHING = new Uint8Array(0);

/**
 * The bytes to remove for parts: each part with the delimiter line before it. If a multipart would be left without
 * parts, its first part is emptied instead, since a multipart must have one (RFC 2046, 5.1.1).
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
    const before = isUnclosed(part, removed) ? keptBefore(part, removed) : undefined;
    // If no delimiter of the multipart follows, the line end before its own delimiter is removed, not one after it.
    if (before === undefined || before.info.bodyEnd === before.info.end) {
      return { start: delimiterStart, end, content: NOTHING };
    }
    const start = before.info.end === delimiterStart ? before.info.bodyEnd : delimiterStart;
    return { start, end: Math.min(end, part.parent!.info.bodyEnd), content: NOTHING };
  });
}

/** The last part before one that stays. */
function keptBefore(part: Part, removed: ReadonlySet<Part>): Part | undefined {
  const { children } = part.parent!;
  return children.slice(0, children.indexOf(part)).findLast((each) => !removed.has(each));
}

/** Whether all parts after one are removed too, and no line closes the multipart. */
function isUnclosed(part: Part, removed: ReadonlySet<Part>): boolean {
  const { children, info } = part.parent!;
  const isLast = children.slice(children.indexOf(part)).every((each) => removed.has(each));
  return isLast && (info.closeStart === undefined || info.closeStart < part.info.delimiterStart);
}
