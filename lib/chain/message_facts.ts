/**
 * What identifies a message and its way to the MTA, for its report.
 *
 * @module
 */

import type { MessageReport } from "../filter/report.ts";
import type { ConnectionState } from "./connection_state.ts";
import type { MessageState } from "./message_state.ts";

/** The bytes of the line between header and body. */
const EMPTY_LINE = 2;

/** The most characters of a Message-ID to keep: a sender chooses its length. */
const LONGEST_ID = 250;

/** The facts about a message that do not depend on what became of it. */
export function messageFacts(
  state: ConnectionState,
  message: MessageState,
): Pick<MessageReport, "helo" | "listener" | "login" | "tls" | "messageId" | "size" | "labels"> {
  const { host, helo } = state;
  const { listener } = host;
  const login = host.macro("auth_authen");
  const version = host.macro("tls_version");
  const cipher = version && host.macro("cipher");
  const messageId = messageIdOf(state, message);
  const size = sizeOf(state, message);
  return {
    ...(helo === undefined ? {} : { helo }),
    ...(listener === undefined ? {} : { listener }),
    ...(login ? { login } : {}),
    ...(version ? { tls: { version, ...(cipher ? { cipher } : {}) } } : {}),
    ...(messageId ? { messageId } : {}),
    ...(size === undefined ? {} : { size }),
    labels: state.labels ? [...new Set([...state.labels, ...message.labels])] : [...message.labels],
  };
}

/** The Message-ID as it came: what a filter puts in its place is among the changes. Sendmail sends it as a macro, too. */
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
