/** What tests of the structure have in common. */
import assert from "node:assert/strict";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import type { MimeLimits } from "../../../lib/mime/structure/limits.ts";
import { MimeReader, type MimeStructure } from "../../../lib/mime/structure/mime_reader.ts";

/** A message from lines, a character a byte, with CRLF between them. */
export function lines(...text: string[]): Uint8Array {
  return latin1Bytes(text.join("\r\n"));
}

/** Reads a message in pieces of a size. */
export function read(
  message: Uint8Array,
  size = message.length,
  limits?: Partial<MimeLimits>,
): MimeStructure {
  const reader = new MimeReader({ limits });
  for (let at = 0; at < message.length; at += size) reader.push(message.subarray(at, at + size));
  return reader.end();
}

/** A structure as lines: each part with its type, its content if it has no part, and its problems. */
export function shown(message: Uint8Array, { parts, problems }: MimeStructure): string[] {
  return parts.map(({ index, depth, container, content, bodyStart, bodyEnd }) => {
    const isLeaf = !parts.some(({ parent }) => parent === index);
    const body = container === undefined
      ? latin1Text(message.subarray(bodyStart, bodyEnd))
      : `${bodyStart}-${bodyEnd}`;
    const codes = problems.filter(({ part }) => part === index).map(({ code }) => code);
    return [
      "  ".repeat(depth) + content.type,
      ...(isLeaf ? [container === undefined ? JSON.stringify(body) : body] : []),
      ...codes,
    ].join(" ");
  });
}

/** Makes sure that a structure is one: a tree in document order, with positions that fit one another. */
export function checkStructure(size: number, { parts }: MimeStructure): void {
  assert.ok(parts.length > 0);
  for (const part of parts) {
    const { index, parent, depth, container } = part;
    assert.equal(parts[index], part);
    const [outer, room] = [parent, container].map((each) => each === undefined ? undefined : parts[each]);
    assert.equal(depth, outer ? outer.depth + 1 : 0);
    assert.ok(parent === undefined ? index === 0 : parent < index);
    const order = [
      part.delimiterStart,
      part.headerStart,
      part.headerEnd,
      part.bodyStart,
      part.bodyEnd,
      part.end,
    ];
    assert.deepEqual(order, order.toSorted((a, b) => a - b), `${index}: ${order}`);
    assert.ok(part.end <= (room ? room.decoded!.size : size));
    if (outer && outer.container === container) {
      assert.ok(
        part.delimiterStart >= outer.bodyStart && part.bodyEnd <= outer.bodyEnd,
        `${index} is in ${parent}`,
      );
    }
    const before = parts.findLast((each) => each.index < index && each.parent === parent);
    if (before) assert.ok(before.end <= part.delimiterStart, `${before.index} is before ${index}`);
    if (part.closeStart !== undefined) {
      assert.ok(part.closeStart <= part.closeEnd! && part.closeEnd! <= part.end);
    }
  }
}
