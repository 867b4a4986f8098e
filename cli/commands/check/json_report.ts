/**
 * Reports on a checked message for programs.
 *
 * @module
 */

import type { MailState } from "../../../lib/message/apply_modifications.ts";
import { formatMessage } from "../../../lib/message/parse.ts";
import type { Modification } from "../../../lib/protocol/mta_session.ts";
import { utf8Text } from "../../../lib/protocol/text.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { CheckedMessage, UncheckedMessage } from "./check_message.ts";
import { memberReports } from "./member_report.ts";

/** Reports on one message in a line of JSON, including the newline. */
export function jsonReport(checked: CheckedMessage | UncheckedMessage): string {
  return terminalSafeJson("error" in checked ? notChecked(checked) : asPlain(checked)) + "\n";
}

function notChecked({ name, error }: UncheckedMessage): unknown {
  return { name, error: error.message };
}

/** What a report says of a message, as plain data. */
export function asPlain(checked: CheckedMessage): unknown {
  const { name, report, notes, labels, failures, logs, members } = checked;
  const { outcome, event, reply, refused, steps, modifications, before, after } = report;
  return {
    name,
    outcome,
    event,
    reply,
    refused,
    events: steps.map(({ event, subject, sent, answer, milliseconds }) => ({
      event,
      subject,
      sent,
      verdict: sent ? answer.verdict : undefined,
      reply: answer.reply,
      hangUp: answer.hangUp,
      milliseconds: Math.round(milliseconds * 1000) / 1000,
    })),
    filters: members.length === 0 ? undefined : memberReports(checked),
    notes,
    labels: members.length === 0 ? undefined : labels,
    failures: failures.map(({ filter, event, error }) => ({
      filter,
      event,
      error: error instanceof Error ? error.message : String(error),
    })),
    logs,
    modifications: modifications.map(plainModification),
    before: plainState(before),
    after: plainState(after),
  };
}

function plainModification(modification: Modification): unknown {
  return Object.fromEntries(
    Object.entries(modification).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? utf8Text(value) : value,
    ]),
  );
}

function plainState({ sender, recipients, held, header, body }: MailState): unknown {
  return { sender, recipients, held, message: utf8Text(formatMessage({ header, body })) };
}
