/**
 * Puts a note in the place of parts in which something was found.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Part } from "../../lib/mime/part.ts";
import type { Finding } from "./findings.ts";
import { fileNameFor, keepOriginal } from "./keep.ts";
import type { Note } from "./note.ts";
import { remarkOf } from "./report.ts";

/** How parts are removed. */
export interface Stripping {
  /** Makes the text for the place of a part. */
  readonly note: Note;
  /** The folder for originals; undefined if they are not kept. */
  readonly folder: string | undefined;
}

/** What removing parts needs of a message. */
export type StrippedMessage = Pick<EndOfMessage, "headers" | "content">;

/** What became of it. */
export interface Stripped {
  /** What is still there, since its part is signed or encrypted. */
  readonly left: readonly Finding[];
  /**
   * Keeps the original message, if anything was removed and originals are kept.
   *
   * @throws {KeepError} as a rejection, if that fails
   */
  keep(): Promise<void>;
}

/**
 * Puts notes in the place of parts.
 *
 * @param message the message, whose content is edited
 * @param findings what was found, at most once in a part
 * @param context its envelope and queue id
 * @param stripping how
 */
export async function strip(
  message: StrippedMessage,
  findings: readonly Finding[],
  context: MessageContext<undefined, undefined>,
  { note, folder }: Stripping,
): Promise<Stripped> {
  const id = folder === undefined ? "" : fileNameFor(context.macro("i"));
  const left: Finding[] = [];
  let isChanged = false;
  for (const [part, found] of byPart(findings)) {
    const text = note({
      name: part.fileName ?? "unnamed",
      type: part.type,
      size: sizeText(part),
      reason: remarkOf(found),
      id,
    });
    const { done } = await message.content.replace(part, { text });
    isChanged ||= done;
    if (!done) left.push(...found);
  }
  return {
    left,
    keep: async () => {
      if (!isChanged || folder === undefined) return;
      const { sender, recipients } = context;
      await keepOriginal(folder, id, {
        headers: message.headers,
        body: message.content.stream(),
        sender,
        recipients,
      });
      context.remark(`original kept as ${id}`);
    },
  };
}

/** What was found, by the parts that can be replaced: the outermost ones, whose bytes are in the message as they are. */
function byPart(findings: readonly Finding[]): Map<Part, Finding[]> {
  const parts = new Map<Part, Finding[]>();
  for (const finding of findings) {
    const part = replaceable(finding.part);
    parts.set(part, [...(parts.get(part) ?? []), finding]);
  }
  // What is inside another one goes with it.
  for (const [part, found] of parts) {
    for (let around = part.parent; around !== undefined; around = around.parent) {
      const outer = parts.get(around);
      if (outer === undefined) continue;
      outer.push(...found);
      parts.delete(part);
      break;
    }
  }
  return parts;
}

function replaceable(part: Part): Part {
  let outermost = part;
  while (outermost.container !== undefined) outermost = outermost.container;
  return outermost;
}

/** About how large a part is when decoded. */
function sizeText({ size, encoding }: Part): string {
  const bytes = encoding === "base64" ? size * 0.73 : size;
  if (bytes < 1000) return `${Math.round(bytes)} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
