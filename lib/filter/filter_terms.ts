/**
 * What a filter asks for, and what it may answer and change.
 *
 * @module
 */

import { ActionFlag } from "../protocol/constants.ts";
import type { AnsweredEvent } from "../protocol/events.ts";
import type { MacroRequest } from "../protocol/macros.ts";

/** What a filter may change at the end of a message. */
export type Change =
  | "addHeader"
  | "insertHeader"
  | "changeHeader"
  | "deleteHeader"
  | "changeFrom"
  | "addRcpt"
  | "deleteRcpt"
  | "replaceBody"
  | "quarantine";

/** The action bit that an MTA must allow for each change. */
export const ACTION_OF_CHANGE: Readonly<Record<Change, number>> = {
  addHeader: ActionFlag.ADD_HEADERS,
  insertHeader: ActionFlag.ADD_HEADERS,
  changeHeader: ActionFlag.CHANGE_HEADERS,
  deleteHeader: ActionFlag.CHANGE_HEADERS,
  changeFrom: ActionFlag.CHANGE_FROM,
  addRcpt: ActionFlag.ADD_RCPT,
  deleteRcpt: ActionFlag.DELETE_RCPT,
  replaceBody: ActionFlag.CHANGE_BODY,
  quarantine: ActionFlag.QUARANTINE,
};

/** Every change, by name. */
export const CHANGES = Object.keys(ACTION_OF_CHANGE) as readonly Change[];

/** The action bit beside it that lets an added recipient have ESMTP arguments; 0 for all other changes. */
export function optionalActionOf(change: Change): number {
  return change === "addRcpt" ? ActionFlag.ADD_RCPT_PAR : 0;
}

/** The events that can be answered with a verdict. */
export type VerdictEvent = AnsweredEvent;

/** What a filter asks for; the same for every connection, or by `negotiate` for one. */
export interface FilterTerms {
  /**
   * What it may change. Undeclared changes are errors; every filter behind a declared one must wait for it.
   * @default [] nothing
   */
  readonly changes?: readonly Change[];
  /**
   * The events that it is called for, of those that it has a callback for; abort and close always. Others are not even
   * sent, unless another filter of the chain wants them (`SMFIP_NOHDRS` and the like).
   * @default every event that it has a callback for
   */
  readonly events?: readonly VerdictEvent[];
  /**
   * Where it may reject, tempfail or discard. Undeclared, these are errors. Where no filter of a chain gives a verdict,
   * the MTA sends on without waiting, which is several times faster. (accept and skip need no declaration.)
   * @default every event that it has a callback for
   */
  readonly verdicts?: readonly VerdictEvent[];
  /**
   * Macros that it reads, where the MTA's own choice lacks them, by stage (`smfi_setsymlist`). A list replaces the
   * MTA's own for that stage; Sendmail takes 50 names a stage at most.
   */
  readonly macros?: MacroRequest;
  /**
   * Whether its `rcpt` is also told of recipients that the MTA itself rejected (`SMFIP_RCPT_REJ`).
   * @default false
   */
  readonly rejectedRecipients?: boolean;
  /**
   * Whether the header values that it sets stand behind the colon as they are, with the leading space that they have or
   * lack (`SMFIP_HDR_LEADSPC`); else one space is put before them. For reading, a field always has both: `value`
   * without and `rawValueBytes` with that space. An MTA that does not offer it puts the space itself.
   * @default false
   */
  readonly leadingSpace?: boolean;
}
