/**
 * The result of an edit: the parts that changed, and those that did not, with the reason.
 *
 * @module
 */

import type { Part } from "../part.ts";

/** Why a part was left as it is. */
export const EDIT_REFUSALS = {
  "signed": "it is signed, and the signature would no longer hold",
  "encrypted": "it is encrypted",
  "charset": "its charset cannot take the text",
  "encoding": "its transfer encoding cannot be written",
  "inside-encoded": "it lies in a message that is encoded as a whole",
  "no-text": "it has no text that people read",
  "changed": "an earlier change has replaced or removed it",
} as const;

/** Why a part was left unchanged, for programs. */
export type EditRefusal = keyof typeof EDIT_REFUSALS;

/** A part that was left as it is. */
export interface RefusedEdit {
  /** The part. */
  readonly part: Part;
  /** Why, for programs. */
  readonly reason: EditRefusal;
  /** Why, for people: a clause such as `it is encrypted`. */
  readonly message: string;
}

/** The result of an edit. Nothing is thrown: an impossible edit leaves the message unchanged. */
export interface EditResult {
  /** Whether anything changed. */
  readonly done: boolean;
  /** The parts that changed, in document order. */
  readonly changed: readonly Part[];
  /** The parts that should have changed but did not, such as the signed text of a message. */
  readonly refused: readonly RefusedEdit[];
}

/** A part that is left as it is. */
export function refusedEdit(part: Part, reason: EditRefusal): RefusedEdit {
  return { part, reason, message: EDIT_REFUSALS[reason] };
}

/** The result of an edit. */
export function editResult(changed: readonly Part[], refused: readonly RefusedEdit[]): EditResult {
  return { done: changed.length > 0, changed, refused };
}
