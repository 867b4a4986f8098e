/**
 * What the mail log keeps of a message, and of a line of the log: plain data, cut to what a page can show, as
 * `/messages.json`, `/message.json` and `/log.json` give it. Properties without a value are absent.
 *
 * @module
 */

import type { ResultSummary } from "../../log/result_summary.ts";
import type { Outcome, Refusal } from "../mail_counts.ts";

/** A message that ended, or a connection that was refused before any message. */
export interface MailEntry {
  /** Identifies it in this run of the service: letters, digits and a hyphen. */
  readonly id: string;
  /** When it ended, in ISO 8601. */
  readonly at: string;
  /** What it is. */
  readonly of: "message" | "connection";
  /** What happened to it. */
  readonly outcome: Outcome;
  /** Why it is held (quarantine). */
  readonly held?: string;
  /** The MTA's queue id. */
  readonly queueId?: string;
  /** Its Message-ID, without angle brackets. */
  readonly messageId?: string;
  /** The SMTP client's address, or its name if there is no address. */
  readonly client?: string;
  /** The name in HELO or EHLO. */
  readonly helo?: string;
  /** The name with which the client logged in. */
  readonly login?: string;
  /** The TLS version, and the cipher behind it if known, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`. */
  readonly tls?: string;
  /** The address at which the MTA connected. */
  readonly listener?: string;
  /** The sender without brackets; empty for the null sender. */
  readonly sender?: string;
  /** The recipients that no filter refused, at most {@linkcode KEPT_RECIPIENTS}. */
  readonly recipients: readonly string[];
  /** How many more there were. */
  readonly moreRecipients: number;
  /** The recipients that filters refused, at most {@linkcode KEPT_RECIPIENTS}. */
  readonly refused: readonly RefusedRecipient[];
  /** How many more there were. */
  readonly moreRefused: number;
  /** Its size in bytes. */
  readonly size?: number;
  /** The SMTP reply, if a filter gave its own. */
  readonly reply?: string;
  /** The filter whose verdict it was. */
  readonly filter?: string;
  /** The event at which it was decided. */
  readonly event: string;
  /** The labels that filters gave it. */
  readonly labels: readonly string[];
  /** Results of authentication. */
  readonly results: readonly ResultSummary[];
  /** Its way through the chain: the filters in the order in which they were asked. */
  readonly filters: readonly FilterPart[];
  /** From its sender to its verdict, in milliseconds; absent for a connection. */
  readonly milliseconds?: number;
  /** The ids of the lines of the log about it, oldest first; see {@linkcode LogLine}. */
  readonly lines: readonly string[];
  /** Whether texts were left out because it had too many. */
  readonly cut?: true;
}

/** A recipient that a filter refused. */
export interface RefusedRecipient {
  readonly recipient: string;
  readonly outcome: Refusal["outcome"];
  readonly filter: string;
  readonly reply?: string;
}

/** What one filter did with a message. */
export interface FilterPart {
  /** Its name, or its label. */
  readonly name: string;
  /** How long it took, in milliseconds with one decimal; absent if it was not timed. */
  readonly milliseconds?: number;
  /** Whether its verdicts and changes were only logged. */
  readonly dryRun?: true;
  /** Its verdicts other than continue, in order. */
  readonly verdicts: readonly FilterVerdict[];
  /** What it changed, in words, such as `add X-Spam`. */
  readonly changes: readonly string[];
  /** What it remarked. */
  readonly remarks: readonly string[];
  /** How it failed. */
  readonly errors: readonly EntryFailure[];
}

/** A verdict of a filter. */
export interface FilterVerdict {
  readonly event: string;
  readonly verdict: string;
  readonly reply?: string;
  /** The recipient that it applies to. */
  readonly recipient?: string;
}

/** A failure of a filter. */
export interface EntryFailure {
  /** The event at which it failed. */
  readonly event: string;
  /** What was wrong. */
  readonly error: string;
  /** What happened to the message because of it: the filter's `--on-error`. */
  readonly onError: string;
  /** The id of the line of the log that says so. */
  readonly line?: string;
}

/** A line of the log, except those that report a message. */
export interface LogLine {
  /** Identifies it in this run of the service: letters, digits and a hyphen. */
  readonly id: string;
  /** When it was written, in ISO 8601. */
  readonly at: string;
  readonly level: "info" | "warning" | "error";
  /** The line, without time and level. */
  readonly text: string;
  /** What kind of line it is, as in the log's JSON, such as `filter-error`. */
  readonly type?: string;
  /** The queue id of the message that it is about. */
  readonly queueId?: string;
  /** The filter that it is about. */
  readonly filter?: string;
  /** The number of the worker that wrote it; absent for the only or parent process. */
  readonly worker?: number;
}

/** Refusals of messages, recipients or connections that are equal but for numbers and addresses in their reply. */
export interface RefusalGroup {
  readonly outcome: Refusal["outcome"];
  readonly of: Refusal["of"];
  /** The filter that refused them; absent if none did. */
  readonly filter?: string;
  /** The event at which they were refused. */
  readonly event: string;
  /** The reply, with `…` for numbers and addresses unless all of them had the same. */
  readonly reply?: string;
  /** How many there are among the kept messages. */
  readonly count: number;
  /** When the first and the last of them ended, in ISO 8601. */
  readonly first: string;
  readonly last: string;
  /** The ids of the last {@linkcode GROUP_EXAMPLES} of them, newest first. */
  readonly ids: readonly string[];
}

/** The most recipients of each kind that an entry has. */
export const KEPT_RECIPIENTS = 10;
/** The most examples that a group of refusals has. */
export const GROUP_EXAMPLES = 5;
