/**
 * Writes the changes to a message as packets to the MTA.
 *
 * @module
 */

import type { MessageEnd } from "../chain/connection_host.ts";
import type { Steps } from "../chain/maybe_promise.ts";
import type { EnvelopeChange } from "../message/envelope.ts";
import { noteReleasedBytes } from "../message/garbage_collection.ts";
import type { HeaderField } from "../message/header.ts";
import type { HeaderAction } from "../message/header_model.ts";
import type { Spool } from "../message/spool.ts";
import { replies } from "../protocol/codec.ts";
import type { FilterSession } from "../protocol/filter_session.ts";
import { toBytes } from "../protocol/text.ts";

/** Maximum bytes to buffer before passing them to the socket. */
const MAX_BUFFERED = 256 * 1024;

/** The destination of a new body's packets. */
export interface BodyOutlet {
  /** Whether the connection has ended, so that nothing more may be written. */
  readonly over: boolean;
  /** Whether too many bytes are unsent to write more. */
  readonly full: boolean;
  /** Passes what was written to the socket. */
  flush(): void;
  /** Resolves when everything written has been sent, or the connection is over. */
  allSent(): Promise<void>;
}

/** Writes all changes except the new body. */
export function writeChanges(
  session: FilterSession,
  { header, envelope, quarantine }: Pick<MessageEnd, "header" | "envelope" | "quarantine">,
): void {
  for (const action of header) writeHeaderAction(session, action);
  for (const change of envelope) writeEnvelopeChange(session, change);
  if (quarantine !== undefined) session.act(replies.quarantine, { reason: toBytes(quarantine) });
}

/**
 * Writes a new body as fast as the MTA reads it. No other packet may come between its packets.
 *
 * @throws what the spool throws if it cannot be read
 */
export function* writeBody(session: FilterSession, body: Spool, outlet: BodyOutlet): Steps<void> {
  // An empty packet makes the body empty.
  if (body.size === 0) session.act(replies.replaceBody, { chunk: EMPTY });
  const reader = body.read(0, body.size, true);
  while (!outlet.over) {
    let chunk = reader.next();
    if (chunk instanceof Promise) chunk = (yield chunk) as Uint8Array | undefined;
    if (chunk === undefined || outlet.over) return;
    // This copies the chunk; once sent, the copy is garbage.
    session.act(replies.replaceBody, { chunk });
    noteReleasedBytes(chunk.length, body.size);
    if (session.outputLength > MAX_BUFFERED) outlet.flush();
    if (outlet.full) yield outlet.allSent();
  }
}

function writeHeaderAction(session: FilterSession, action: HeaderAction): void {
  const name = action.field.nameBytes;
  switch (action.type) {
    case "addHeader":
      return session.act(replies.addHeader, { name, value: valueOf(session, action.field) });
    case "insertHeader": {
      const value = valueOf(session, action.field);
      return session.act(replies.insertHeader, { index: action.index, name, value });
    }
    case "changeHeader": {
      const value = valueOf(session, action.field);
      // An empty value would delete the field.
      const kept = value.length > 0 ? value : SPACE;
      return session.act(replies.changeHeader, { index: action.index, name, value: kept });
    }
    case "deleteHeader":
      return session.act(replies.changeHeader, { index: action.index, name, value: EMPTY });
  }
}

function writeEnvelopeChange(session: FilterSession, change: EnvelopeChange): void {
  const address = toBytes(change.address);
  if (change.type === "deleteRcpt") return session.act(replies.deleteRcpt, { address });
  const args = change.args === undefined ? undefined : toBytes(change.args);
  if (change.type === "changeFrom") session.act(replies.changeFrom, { address, args });
  else if (args && session.takesRcptArguments) session.act(replies.addRcptPar, { address, args });
  else session.act(replies.addRcpt, { address });
}

function valueOf(session: FilterSession, field: HeaderField): Uint8Array {
  return session.verbatimValues ? field.rawValueBytes : field.valueBytes;
}

const EMPTY = new Uint8Array(0);
const SPACE = new Uint8Array([0x20]);
