/**
 * What a chain did with a message, for logs.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import { utf8Text } from "../protocol/text.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { ChangeSet } from "./end_of_message.ts";
import { describe, isFinal, type Verdict } from "./verdict.ts";

/** What one filter said or did. */
export interface FilterNote {
  /** The filter's name. */
  readonly filter: string;
  /** When; undefined for a remark. */
  readonly event?: EventName;
  /** What the filter itself had to say, by its context's `remark`. */
  readonly remark?: string;
  /** Its verdict, in words; undefined where it gave none. */
  readonly verdict?: string;
  /** The recipient that a verdict at `rcpt` was about. */
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
   * In its callbacks, in milliseconds, with the time for which others waited for them; for the first message of a
   * connection with those of connect and helo.
   */
  readonly milliseconds: number;
  /** Whether its verdicts and changes are only logged. */
  readonly dryRun?: boolean;
}

/** A verdict on a connection, before any message. */
export interface ConnectionReport {
  /** The SMTP client's address, or its name where there is no address. */
  readonly client: string | undefined;
  /** What it said in HELO, once it did. */
  readonly helo: string | undefined;
  /** What became of it. */
  readonly outcome: "reject" | "tempfail";
  /** The SMTP reply, where the filter gave one of its own. */
  readonly reply?: string;
  /** The filter whose verdict it was. */
  readonly filter: string;
  /** The event at which it was decided. */
  readonly event: "connect" | "helo";
  /** Whether that was only logged. */
  readonly dryRun?: boolean;
}

/** One message. */
export interface MessageReport {
  /** The MTA's queue id; undefined where it was not told (Postfix gives none before the first recipient). */
  readonly queueId: string | undefined;
  /** The SMTP client's address, or its name where there is no address. */
  readonly client: string | undefined;
  /** The sender, without brackets. */
  readonly sender: string | undefined;
  /** The recipients that no filter refused. */
  readonly recipients: readonly string[];
  /**
   * What became of it: `accept` at its end, `abort` where the MTA or the client ended it. One whose recipients were all
   * refused was refused, with the words for the last of them.
   */
  readonly outcome: "accept" | "reject" | "tempfail" | "discard" | "abort";
  /** The SMTP reply, where a filter gave one of its own. */
  readonly reply?: string;
  /** The filter whose verdict it was. */
  readonly filter?: string;
  /** The event at which it was decided. */
  readonly event: EventName;
  /** What the filters said and did, in order. */
  readonly notes: readonly FilterNote[];
  /** The filters that took part, in order, and how long each of them took. */
  readonly filters: readonly FilterTime[];
  /** Whether it is held for a human, and why. */
  readonly quarantine?: string;
  /** From its sender to its verdict, in milliseconds. */
  readonly milliseconds: number;
}

/** Characters of a header's value that a log shows at most. */
const SHOWN_VALUE = 200;

/**
 * Changes in words, such as `add X-Spam`, `replace body (1000 bytes)`.
 *
 * @param changes the changes
 * @param withValues whether to show what headers become, as for a dry run, where nothing else shows it
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
  if (changes.quarantine !== undefined) words.push(`quarantine (${changes.quarantine})`);
  return words;
}

function shortened(value: string): string {
  return value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value;
}

/** The outcome of a message and its reply, of the verdict that decided it. */
export function outcomeOf(verdict: Verdict): Pick<MessageReport, "outcome" | "reply"> {
  if (!isFinal(verdict)) return { outcome: "accept" };
  const { kind, reply } = verdict;
  return { outcome: kind, ...(reply ? { reply: describe(verdict).slice(kind.length + 2, -1) } : {}) };
}

/** Addresses as logs show them. */
export function addresses(list: readonly EnvelopeAddress[]): string[] {
  return list.map(({ address }) => address);
}
