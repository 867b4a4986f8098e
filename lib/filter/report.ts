/**
 * Reports of what a chain did with a message or a connection, for logs.
 *
 * @module
 */

import type { AuthResult } from "../auth/authentication_results.ts";
import type { EventName } from "../protocol/constants.ts";
import { replyText } from "../protocol/reply.ts";
import { utf8Text } from "../protocol/text.ts";
import type { VerdictKind } from "../protocol/verdict_scope.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { ChangeSet } from "./end_of_message.ts";
import type { ScopeQuestion } from "./scope.ts";
import { isFinal, type Verdict } from "./verdict.ts";

/** One remark, verdict or set of changes of a filter. */
export interface FilterNote {
  /** The filter's name. */
  readonly filter: string;
  /** The event at which it was given; undefined for a remark. */
  readonly event?: EventName;
  /** What the filter logged with its context's `remark`. */
  readonly remark?: string;
  /** Its verdict; undefined if it gave none. */
  readonly verdict?: VerdictKind;
  /** The SMTP reply, if it gave its own with the verdict. */
  readonly reply?: string;
  /** The recipient that a verdict at `rcpt` applies to. */
  readonly recipient?: string;
  /** What it changed, in words. */
  readonly changes?: readonly string[];
  /** Whether that was only logged. */
  readonly dryRun?: boolean;
}

/** How long a filter took for a message. */
export interface FilterTime {
  /** The filter's name. */
  readonly filter: string;
  /**
   * The time spent in its callbacks, in milliseconds, including the time that it made others wait; for the first message of
   * a connection also in its connect and helo.
   */
  readonly milliseconds: number;
  /** Whether its verdicts and changes are only logged. */
  readonly dryRun?: boolean;
}

/** Something that a filter did not apply to, see `Scope`. */
export interface LeftOut {
  /** The filter's name. */
  readonly filter: string;
  /** The question to which its scope said no. */
  readonly of: ScopeQuestion;
  /** The recipient, without brackets, if the filter was left out for a recipient. */
  readonly recipient?: string;
  /**
   * The condition that was not met, and what was seen, such as `only-client @internal, but the client is 192.0.2.1`.
   */
  readonly reason: string;
}

/** A verdict on a connection, before any message. */
export interface ConnectionReport {
  /** The SMTP client's address, or its name if there is no address. */
  readonly client: string | undefined;
  /** The name in HELO or EHLO; undefined before it. */
  readonly helo: string | undefined;
  /** What happened to it. */
  readonly outcome: "reject" | "tempfail";
  /** The SMTP reply, if the filter gave its own. */
  readonly reply?: string;
  /** The filter whose verdict it was. */
  readonly filter: string;
  /** The event at which it was decided. */
  readonly event: "connect" | "helo";
  /** The remarks of filters so far; undefined if there are none. */
  readonly notes?: readonly FilterNote[];
  /** The address that the MTA connected to; undefined without a server. */
  readonly listener?: string;
  /** The labels that filters gave so far; undefined if there are none. */
  readonly labels?: readonly string[];
  /** Whether that was only logged. */
  readonly dryRun?: boolean;
}

/** How the client's connection to the MTA is encrypted. */
export interface TlsReport {
  /** The version of the protocol, such as `TLSv1.3` (macro `tls_version`). */
  readonly version: string;
  /** The cipher, such as `TLS_AES_256_GCM_SHA384`; undefined if the MTA does not say. */
  readonly cipher?: string;
}

/** A message, with what the filters did to it. */
export interface MessageReport {
  /** The MTA's queue id; undefined if the MTA did not send it (Postfix has none before the first recipient). */
  readonly queueId: string | undefined;
  /** The SMTP client's address, or its name if there is no address. */
  readonly client: string | undefined;
  /** The name in HELO or EHLO; undefined before it. */
  readonly helo?: string;
  /** The address that the MTA connected to, as passed to `listen`; undefined without a server. */
  readonly listener?: string;
  /** The name that the client logged in with (macro `auth_authen`); undefined if it did not. */
  readonly login?: string;
  /** How the client's connection to the MTA is encrypted; undefined if it is not, or if the MTA does not say. */
  readonly tls?: TlsReport;
  /** The sender, without brackets. */
  readonly sender: string | undefined;
  /** The recipients that no filter rejected. */
  readonly recipients: readonly string[];
  /**
   * Its Message-ID, without angle brackets, as it came. Undefined if it has none, if it ended before the header, or if no
   * filter reads the header, so that the MTA does not send it: see `messageIds` of `serve`.
   */
  readonly messageId?: string;
  /**
   * Its size in bytes, as the MTA gave it to the filters; if they did not get all of it, the size that the client announced
   * (RFC 1870), or undefined.
   */
  readonly size?: number;
  /**
   * What happened to it: `accept` at its end, `abort` if the MTA or the client ended it. A message whose recipients were all
   * rejected counts as rejected, with the reply to the last of them.
   */
  readonly outcome: "accept" | "reject" | "tempfail" | "discard" | "abort";
  /** The SMTP reply, if a filter gave its own. */
  readonly reply?: string;
  /** The filter whose verdict it was. */
  readonly filter?: string;
  /** The event at which it was decided. */
  readonly event: EventName;
  /** Remarks, verdicts and changes of the filters, in order. */
  readonly notes: readonly FilterNote[];
  /** The labels that filters gave it with their context's `label`, each once, in the order in which they were given. */
  readonly labels: readonly string[];
  /** The authentication results that filters found; undefined if no filter looked. */
  readonly results?: readonly AuthResult[];
  /** The filters that took part, in order, and how long each of them took. */
  readonly filters: readonly FilterTime[];
  /** Why it is quarantined (`smfi_quarantine`); undefined if it is not. */
  readonly held?: string;
  /** The time from its MAIL command to its verdict, in milliseconds. */
  readonly milliseconds: number;
}

/** The maximum number of characters of a header value that a log shows. */
const SHOWN_VALUE = 200;

/**
 * Describes changes in words, such as `add X-Spam`, `replace body (1000 bytes)`.
 *
 * @param changes the changes
 * @param withValues whether to include the new header values, as for a dry run, where nothing else shows them
 */
export function describeChanges(changes: ChangeSet, withValues: boolean): string[] {
  const words = changes.header.map((change) => {
    if (change.type === "numberedHeader") {
      const name = change.field?.name ?? utf8Text(change.name);
      if (!change.field) return `delete ${name} number ${change.number}`;
      const shown = withValues ? `: ${shortened(change.field.value)}` : "";
      return `change ${name} number ${change.number}${shown}`;
    }
    const name = change.type === "deleteHeader" ? change.of.name : change.field.name;
    const value = withValues && change.type !== "deleteHeader" ? `: ${shortened(change.field.value)}` : "";
    if (change.type === "placeHeader") return `add ${name} ${change.side} ${change.of.name}${value}`;
    return `${change.type.slice(0, -"Header".length)} ${name}${value}`;
  });
  for (const change of changes.envelope) {
    const verb = {
      changeFrom: "change sender to",
      addRcpt: "add recipient",
      deleteRcpt: "delete recipient",
    }[change.type];
    words.push(`${verb} ${change.address}`);
  }
  if (changes.body) {
    words.push(`replace body (${changes.body.reduce((size, { length }) => size + length, 0)} bytes)`);
  }
  if (changes.content) words.push(`edit content (${changes.content.words.join(", ")})`);
  if (changes.quarantine !== undefined) words.push(`quarantine (${changes.quarantine})`);
  return words;
}

function shortened(value: string): string {
  return value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value;
}

/** The outcome of a message and its reply, from the verdict that decided it. */
export function outcomeOf(verdict: Verdict): Pick<MessageReport, "outcome" | "reply"> {
  return isFinal(verdict) ? { outcome: verdict.kind, ...shownReply(verdict) } : { outcome: "accept" };
}

/** A verdict as recorded in a note. */
export function saidBy(verdict: Verdict): Pick<FilterNote, "verdict" | "reply"> {
  return { verdict: verdict.kind, ...shownReply(verdict) };
}

/** A verdict's reply in one line, with a slash between the lines that it has for the client. */
function shownReply({ reply }: Verdict): { readonly reply?: string } {
  return reply ? { reply: replyText({ ...reply, lines: [reply.lines.join(" / ")] }) } : {};
}

/** Addresses as logs show them. */
export function addresses(list: readonly EnvelopeAddress[]): string[] {
  return list.map(({ address }) => address);
}
