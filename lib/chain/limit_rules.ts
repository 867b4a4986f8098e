/**
 * Enforces the limits on the size of a message.
 *
 * @module
 */

import { reject, tempfail, type Verdict } from "../filter/verdict.ts";
import type { ConnectionState } from "./connection_state.ts";
import type { MessageLimits } from "./message_limits.ts";
import type { MessageState } from "./message_state.ts";
import { conclude } from "./verdict_rules.ts";

/**
 * Counts a recipient.
 *
 * @param size its size in bytes
 * @returns the verdict on it, if it exceeds a limit; then it is not counted
 */
export function countRecipient(
  state: ConnectionState,
  message: MessageState,
  size: number,
): Verdict | undefined {
  const { limits } = state.settings;
  const limit = message.recipients.length >= limits.recipients
    ? "recipients"
    : message.recipientBytes + size > limits.headerBytes
    ? "headerBytes"
    : undefined;
  if (limit === undefined) {
    message.recipientBytes += size;
    return undefined;
  }
  tell(state, limit);
  return state.terms.answersRecipients
    ? tempfail(452, "4.5.3", "Too many recipients")
    : conclude(state, message, reject(552, "5.5.3", "Too many recipients"), undefined, "rcpt");
}

/**
 * Counts a header field.
 *
 * @param size its size in bytes
 * @returns the verdict on the message, if it exceeds a limit
 */
export function countField(
  state: ConnectionState,
  message: MessageState,
  size: number,
): Verdict | undefined {
  message.headerFields++;
  message.headerBytes += size;
  const { headerFields, headerBytes } = state.settings.limits;
  if (message.headerFields <= headerFields && message.headerBytes <= headerBytes) return undefined;
  tell(state, message.headerFields > headerFields ? "headerFields" : "headerBytes");
  return conclude(state, message, reject(552, "5.3.4", "Message header too large"), undefined, "header");
}

function tell({ host, settings }: ConnectionState, limit: keyof MessageLimits): void {
  host.onLimit?.(limit, settings.limits[limit]);
}
