/**
 * What a filter declares: the events and macros that it wants, and the verdicts and changes that it may give.
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
  | "editContent"
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
  // The header describes the body: its type, its encoding.
  editContent: ActionFlag.CHANGE_BODY | ActionFlag.CHANGE_HEADERS | ActionFlag.ADD_HEADERS,
  quarantine: ActionFlag.QUARANTINE,
};

/** Every change, by name. */
export const CHANGES = Object.keys(ACTION_OF_CHANGE) as readonly Change[];

/** A change that is one of the MTA's own, as a milter asks for it. */
export type MtaChange = Exclude<Change, "editContent">;

/** The MTA's own changes, by name. */
export const MTA_CHANGES: readonly MtaChange[] = CHANGES.filter((change) => change !== "editContent");

/** The action bit beside it that lets an added recipient have ESMTP arguments; 0 for all other changes. */
export function optionalActionOf(change: Change): number {
  return change === "addRcpt" ? ActionFlag.ADD_RCPT_PAR : 0;
}

/** What `eom` gets of a message beside its header: `mime` is its parts, `none` nothing. */
export type ContentKind = "mime" | "none";

/** All kinds of content. */
export const CONTENT_KINDS: readonly ContentKind[] = ["mime", "none"];

/** The changes that refer to an existing field, which only a filter that reads the header can do. */
export const CHANGES_OF_FIELDS: readonly Change[] = ["changeHeader", "deleteHeader", "editContent"];

/** The events that can be answered with a verdict. */
export type VerdictEvent = AnsweredEvent;

/** What a filter declares for every connection, or returns from `negotiate` for one. */
export interface FilterTerms {
  /**
   * What it may change. An undeclared change is an error. The filters after one that declares a change must wait for it.
   * @default [] nothing
   */
  readonly changes?: readonly Change[];
  /**
   * The events for which it is called, among those that it has a callback for; abort and close always apply. The MTA
   * does not send the others, unless another filter of the chain needs them (`SMFIP_NOHDRS` and the like).
   * @default every event that it has a callback for
   */
  readonly events?: readonly VerdictEvent[];
  /**
   * The events at which it may reject, tempfail or discard; elsewhere these are errors. At an event where no filter of
   * the chain gives a verdict, the MTA does not wait for an answer, which is several times faster. `accept` and `skip`
   * need no declaration; but if no filter declares a verdict at `body`, the MTA does not wait and sends the whole body,
   * skipped or not.
   * @default every event that it has a callback for
   */
  readonly verdicts?: readonly VerdictEvent[];
  /**
   * Macros that it reads and that the MTA does not send by default, by stage (`smfi_setsymlist`). A list replaces the MTA's
   * own list for that stage; Sendmail accepts at most 50 names per stage.
   */
  readonly macros?: MacroRequest;
  /**
   * Whether its `rcpt` is also called for recipients that the MTA itself rejected (`SMFIP_RCPT_REJ`).
   * @default false
   */
  readonly rejectedRecipients?: boolean;
  /**
   * What its `eom` reads of the message: with `mime`, `message.content` has the message's parts, such as texts and
   * attachments, as changed by the filters before it. The body is then kept until the end of the message, once for all
   * filters that want it: in memory up to the `memory` of the spool (256 KiB), beyond that in a temporary file.
   * @default "none"
   */
  readonly content?: ContentKind;
  /**
   * Whether its `eom` reads `message.headers`. With `false` the MTA need not send the header (`SMFIP_NOHDRS`), which
   * saves most of the cost of a filter that only adds fields or checks the envelope. It can then add fields, but not
   * change any.
   * @default true
   */
  readonly readsHeader?: boolean;
  /**
   * Whether the header values that it sets are put after the colon unchanged, with or without a leading space
   * (`SMFIP_HDR_LEADSPC`); otherwise one space is put before them. A field that is read always has both forms: `value`
   * without that space and `rawValueBytes` with it. An MTA that does not offer this adds the space itself.
   * @default false
   */
  readonly leadingSpace?: boolean;
}
