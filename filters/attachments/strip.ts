/**
 * Replaces parts in which something was found with a note.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Part } from "../../lib/mime/part.ts";
import type { Finding } from "./findings.ts";
import { fileNameFor, keepOriginal } from "./keep.ts";
import { UNNAMED } from "./names.ts";
import type { Note } from "./note.ts";
import { remarkOf } from "./report.ts";

/** How parts are removed. */
export interface Stripping {
  /** Makes the text that replaces a part. */
  readonly note: Note;
  /** The folder for originals; undefined if they are not kept. */
  readonly folder: string | undefined;
  /** Whether nothing is written because it is a dry run, as in `milterkit check`. */
  readonly isTrial: boolean;
}

/** What removing parts needs of a message. */
export type StrippedMessage = Pick<EndOfMessage, "headers" | "content">;

/** The result. */
export interface Stripped {
  /** Findings that could not be removed, since their part is signed or encrypted. */
  readonly left: readonly Finding[];
  /**
   * Keeps the original message, if anything was removed and originals are kept.
   *
   * @throws {KeepError} as a rejection, if that fails
   */
  keep(): Promise<void>;
}

/**
 * Replaces parts with notes.
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
  { note, folder, isTrial }: Stripping,
): Promise<Stripped> {
  const id = folder === undefined ? "" : fileNameFor(context.macro("i"));
  const left: Finding[] = [];
  let isChanged = false;
  for (const [part, found] of byPart(findings)) {
    const text = note({
      name: part.fileName ?? UNNAMED,
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
      if (isTrial) return context.remark(`original would be kept as ${id}`);
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

/** The findings by the parts that can be replaced: the outermost ones whose bytes are directly in the message. */
function byPart(findings: readonly Finding[]): Map<Part, Finding[]> {
  const parts = new Map<Part, Finding[]>();
  for (const finding of findings) {
    const part = replaceable(finding.part);
    parts.set(part, [...(parts.get(part) ?? []), finding]);
  }
  // A part inside another one is removed with it.
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
