/**
 * The facts that identify a message and its way to the MTA, for its report.
 *
 * @module
 */

import type { MessageReport } from "../filter/report.ts";
import type { ConnectionState } from "./connection_state.ts";
import type { MessageState } from "./message_state.ts";

/** The bytes of the line between header and body. */
const EMPTY_LINE = 2;

/** The maximum number of characters of a Message-ID to keep: a sender chooses its length. */
const LONGEST_ID = 250;

/** An object while it is made. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Adds the facts about a message that do not depend on its outcome. */
export function addMessageFacts(
  told: Mutable<MessageReport>,
  state: ConnectionState,
  message: MessageState,
): void {
  const { host, helo } = state;
  if (helo !== undefined) told.helo = helo;
  if (host.listener !== undefined) told.listener = host.listener;
  const login = host.macro("auth_authen");
  if (login) told.login = login;
  const version = host.macro("tls_version");
  if (version) {
    const cipher = host.macro("cipher");
    told.tls = cipher ? { version, cipher } : { version };
  }
  const messageId = messageIdOf(state, message);
  if (messageId) told.messageId = messageId;
  const size = sizeOf(state, message);
  if (size !== undefined) told.size = size;
}

/** The Message-ID as received; a filter's replacement is reported as a change. Sendmail sends it as a macro too. */
function messageIdOf({ host }: ConnectionState, { headers, mta }: MessageState): string | undefined {
  const field = headers.originals.find((each) => each.is("Message-ID"));
  const value = field?.value ?? (mta === "sendmail" ? host.macro("msg_id") : undefined);
  if (value === undefined) return undefined;
  const id = /<([^<>]*)>/.exec(value)?.[1] ?? value.trim();
  return id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID)}…` : id;
}

function sizeOf({ terms }: ConnectionState, message: MessageState): number | undefined {
  const { complete, bodySkipped, headers, bodyBytes, sender } = message;
  if (complete && terms.sendsContent && !bodySkipped) {
    return headers.originals.reduce((bytes, field) => bytes + field.size, EMPTY_LINE + bodyBytes);
  }
  const announced = sender?.arg("SIZE");
  return announced !== undefined && /^\d{1,15}$/.test(announced) ? Number(announced) : undefined;
}
