/**
 * Chooses the parts that people read as the message's text: those to which a text is added.
 *
 * @module
 */

import type { Part } from "../part.ts";
import { type RefusedEdit, refusedEdit } from "./edit_result.ts";

/** Multiparts with parts for programs, or with messages, which never contain the text of this message. */
const LEFT_ALONE: ReadonlySet<string> = new Set([
  "multipart/byteranges",
  "multipart/digest",
  "multipart/encrypted",
  "multipart/form-data",
  "multipart/report",
  "multipart/signed",
]);

/** The parts that are the text of a message, and those that were passed over. */
export interface TextTargets {
  /** Parts of type text/plain or text/html, in document order: several if they are alternatives. */
  readonly parts: readonly Part[];
  /** Signed or encrypted parts in place of the text. */
  readonly refused: readonly RefusedEdit[];
}

const NONE: TextTargets = { parts: [], refused: [] };

/**
 * Chooses the parts that are the text of a message, for adding at its end or top.
 *
 * Of alternatives, each one is chosen; in a multipart/related, the root part; in other multiparts, the last text part
 * or, for the top, the first one. Attachments are never chosen, nor is anything inside another message.
 *
 * @param root the message
 * @param at at which end to add
 */
export function textTargets(root: Part, at: "end" | "top"): TextTargets {
  return targetsIn(root, at, true);
}

function targetsIn(part: Part, at: "end" | "top", isRoot: boolean): TextTargets {
  if (part.isEncrypted) return { parts: [], refused: [refusedEdit(part, "encrypted")] };
  if (part.isSigned) return { parts: [], refused: [refusedEdit(part, "signed")] };
  if (!part.type.startsWith("multipart/")) {
    return isText(part, isRoot) ? { parts: [part], refused: [] } : NONE;
  }
  if (LEFT_ALONE.has(part.type)) return NONE;
  if (part.type === "multipart/alternative") {
    return joined(part.children.map((child) => targetsIn(child, at, false)));
  }
  if (part.type === "multipart/related") {
    const shown = shownPart(part);
    return shown ? targetsIn(shown, at, false) : NONE;
  }
  const children = at === "end" ? part.children.toReversed() : part.children;
  const found: TextTargets[] = [];
  for (const child of children) {
    const targets = targetsIn(child, at, false);
    if (targets.parts.length > 0) return targets;
    found.push(targets);
  }
  return joined(found);
}

/** The root part of a multipart/related (RFC 2387, 3.2). */
function shownPart({ parameters, children }: Part): Part | undefined {
  const start = parameters.get("start");
  return (start === undefined
    ? undefined
    : children.find(({ contentId }) => contentId === start.replace(/^<|>$/g, ""))) ??
    children[0];
}

/** If the message is a single part, it may have a name. */
function isText({ type, disposition, fileName }: Part, isRoot: boolean): boolean {
  if (type !== "text/plain" && type !== "text/html") return false;
  return disposition !== "attachment" && (isRoot || fileName === undefined);
}

function joined(targets: readonly TextTargets[]): TextTargets {
  return {
    parts: targets.flatMap(({ parts }) => parts),
    refused: targets.flatMap(({ refused }) => refused),
  };
}
