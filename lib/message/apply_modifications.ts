/**
 * Applies a filter's changes to a message as an MTA would, for code that acts as the MTA.
 *
 * @module
 */

import type { Modification } from "../protocol/mta_session.ts";
import { concatenated } from "../protocol/bytes.ts";
import { replacementBody } from "./body.ts";
import { bareAddress, mailboxOf } from "./envelope.ts";
import { HeaderField } from "./header.ts";
import { applyHeaderActions, HEADER_MODELS, type HeaderAction } from "./header_model.ts";
import type { MtaKind } from "./mta.ts";

/** A message with its envelope. */
export interface MailState {
  /** The sender, without brackets; empty for the null sender. */
  readonly sender: string;
  /** The recipients, without brackets. */
  readonly recipients: readonly string[];
  /** The header, in order. */
  readonly header: readonly HeaderField[];
  /** The body, with CRLF line ends. */
  readonly body: Uint8Array;
  /** Why the message is held; undefined if it is not. */
  readonly held?: string | undefined;
}

/**
 * Applies a filter's changes as an MTA does.
 *
 * @param before the message as the filter saw it
 * @param modifications the changes that the filter requested, in order
 * @param mta the MTA to behave like
 * @param verbatim whether header values include their leading space, as negotiated (`SMFIP_HDR_LEADSPC`)
 */
export function applyModifications(
  before: MailState,
  modifications: readonly Modification[],
  mta: MtaKind,
  verbatim: boolean,
): MailState {
  let { sender, held } = before;
  let recipients = [...before.recipients];
  const chunks: Uint8Array[] = [];
  let replaced = false;
  const model = HEADER_MODELS[mta];
  const entries = model.start(before.header);
  for (const modification of modifications) {
    switch (modification.type) {
      case "addHeader":
      case "insertHeader":
      case "changeHeader":
        applyHeaderActions(model, entries, [headerAction(modification, verbatim)]);
        break;
      case "changeFrom":
        sender = bareAddress(modification.address);
        break;
      case "addRcpt": {
        const mailbox = mailboxOf(modification.address);
        if (!recipients.some((recipient) => mailboxOf(recipient) === mailbox)) {
          recipients.push(bareAddress(modification.address));
        }
        break;
      }
      case "deleteRcpt": {
        const mailbox = mailboxOf(modification.address);
        recipients = recipients.filter((recipient) => mailboxOf(recipient) !== mailbox);
        break;
      }
      case "replaceBody":
        replaced = true;
        chunks.push(modification.chunk);
        break;
      case "quarantine":
        held = modification.reason;
    }
  }
  return {
    sender,
    recipients,
    header: entries.flatMap(({ field }) => field ? [field] : []),
    body: replaced ? concatenated([...replacementBody(chunks, mta)]) : before.body,
    ...(held === undefined ? {} : { held }),
  };
}

type HeaderModification = Extract<
  Modification,
  { readonly type: "addHeader" | "insertHeader" | "changeHeader" }
>;

function headerAction(modification: HeaderModification, verbatim: boolean): HeaderAction {
  const { name, value } = modification;
  const field = HeaderField.of(name, value, verbatim);
  switch (modification.type) {
    case "addHeader":
      return { type: "addHeader", field };
    case "insertHeader":
      return { type: "insertHeader", index: modification.index, field };
    case "changeHeader": {
      // For Postfix, 0 means the first one.
      const index = Math.max(modification.index, 1);
      return { type: value.length === 0 ? "deleteHeader" : "changeHeader", index, field };
    }
  }
}
