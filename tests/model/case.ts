/**
 * A case: a message, and the filters that it meets. All of it is plain data, so that it can be made smaller and printed.
 *
 * Text stands for bytes, a character for each.
 */
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import type { MtaKind } from "../../lib/message/mta.ts";

/** A header field: its name, and every byte behind the colon, with LF between folded lines. */
export interface Field {
  readonly name: string;
  readonly raw: string;
}

/** A sender or a recipient, without brackets. */
export interface Mailbox {
  readonly address: string;
  readonly args?: string;
}

/** What an SMTP client hands to the MTA. */
export interface CaseMessage {
  readonly sender: Mailbox;
  readonly recipients: readonly Mailbox[];
  readonly header: readonly Field[];
  /** With CRLF line ends, the last line ended. */
  readonly body: string;
}

/** One thing that a filter asks for at the end of the message. `pick` chooses among the fields that it is shown. */
export type CaseChange =
  | { readonly type: "addHeader"; readonly name: string; readonly value: string }
  | { readonly type: "insertHeader"; readonly index: number; readonly name: string; readonly value: string }
  | { readonly type: "changeHeader"; readonly pick: number; readonly value: string }
  | { readonly type: "deleteHeader"; readonly pick: number }
  | { readonly type: "changeFrom" | "addRcpt"; readonly address: string; readonly args?: string }
  | { readonly type: "deleteRcpt"; readonly address: string }
  | { readonly type: "replaceBody"; readonly text: string }
  | { readonly type: "quarantine"; readonly reason: string };

/** What a filter answers, once. */
export interface CaseVerdict {
  readonly event: VerdictEvent;
  /** At which of its calls, from 1. */
  readonly call: number;
  readonly kind: "accept" | "reject" | "tempfail" | "discard" | "skip";
  /** Whether a refusal comes with an SMTP reply of its own. */
  readonly withReply: boolean;
}

/** One filter. */
export interface CaseFilter {
  /** What it has callbacks for. */
  readonly events: readonly VerdictEvent[];
  /** Whether it has all other callbacks too, but does not list them in its `events`. */
  readonly listsEvents: boolean;
  /** How its callbacks answer; `late` is a promise that takes its time. */
  readonly pace: "at once" | "promise" | "late";
  /** Whether it changes fields by what its `header` callback was shown, and not by what the end of the message shows. */
  readonly keepsHandles: boolean;
  readonly leadingSpace: boolean;
  readonly actsOutside: boolean;
  readonly dryRun: boolean;
  /** Whether it declares every change, or only those that it makes. */
  readonly declaresAll: boolean;
  readonly changes: readonly CaseChange[];
  readonly verdict?: CaseVerdict;
}

/** A case. */
export interface Case {
  readonly seed: number;
  readonly mta: MtaKind;
  readonly message: CaseMessage;
  readonly filters: readonly CaseFilter[];
  /** Where the body is cut into the pieces in which it comes. */
  readonly cuts: readonly number[];
  /** Most bytes of a message that the chain may keep in memory. */
  readonly spoolMemory: number;
}

/** What becomes of a message; `nobody`: the filters refused all its recipients. */
export type Fate = "pass" | "reject" | "tempfail" | "discard" | "nobody";

/** The changes that a filter declares. */
export function declaredChanges({ events, declaresAll, changes }: CaseFilter): Change[] {
  if (!events.includes("eom")) return [];
  return declaresAll ? [...ALL_CHANGES] : [...new Set(changes.map(({ type }) => type))];
}

const ALL_CHANGES: readonly Change[] = [
  "addHeader",
  "insertHeader",
  "changeHeader",
  "deleteHeader",
  "changeFrom",
  "addRcpt",
  "deleteRcpt",
  "replaceBody",
  "quarantine",
];
