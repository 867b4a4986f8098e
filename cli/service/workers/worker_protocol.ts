/**
 * Messages between a worker and its parent, except those about connections, see `lib/net/handover.ts`.
 *
 * @module
 */

import process from "node:process";
import type { SetupSummary } from "../../config/setup_summary.ts";
import type { StateSettings } from "../../options/state_options.ts";
import type { ProcessReport } from "../../observe/process_report.ts";
import type { OnStateError } from "../../../lib/store/guarded_store.ts";
import type { StatePlace } from "../state/place.ts";
import type { OutageReport } from "../state/service_outages.ts";
import type { ErrorData } from "./error_data.ts";

/** Messages of the parent, sent as lines over the worker's standard input. */
export type ParentMessage =
  /** No more connections will come: end when the existing ones have; idle ones have `timeout` milliseconds. */
  | { readonly type: "stop"; readonly timeout: number }
  /** End at once. */
  | { readonly type: "abort" }
  /** Answer that you are alive. */
  | { readonly type: "ask" }
  /** Do not take this connection, unless you already have. */
  | { readonly type: "withdraw"; readonly id: number }
  /** Send a report. */
  | { readonly type: "report" }
  /** The last report has arrived: exit. */
  | { readonly type: "heard" }
  /** Where the state of the service is, or why there is none. */
  | { readonly type: "state"; readonly place: StatePlace }
  | { readonly type: "state"; readonly error: ErrorData };

/** A worker's question where the state of the service is; it says what its own settings are. */
export interface StateMessage {
  readonly type: "state";
  readonly settings: StateSettings;
}

/** A worker's message that the state does not answer, or answers again. */
export interface OutageMessage {
  readonly type: "outage";
  /** The address of the state, without a password. */
  readonly address: string;
  /** What happens to mail meanwhile. */
  readonly onError: OnStateError;
  readonly report: OutageReport;
}

/** A worker's report, sent at intervals, on request, and before it ends. */
export interface ReportMessage {
  readonly type: "report";
  /** What happened since the previous report. */
  readonly report: ProcessReport;
  /** Why it was sent: at an interval, on request, or before the worker ends. */
  readonly why: "time" | "asked" | "end";
}

/** A worker's message that it has loaded its filters, and checked everything. */
export interface LoadedMessage {
  readonly type: "loaded";
  readonly summary: SetupSummary;
}

/** The message of a worker that cannot serve, before it ends. */
export interface FailedMessage {
  readonly type: "failed";
  readonly error: ErrorData;
}

/** Encodes a message of the parent as a line. */
export function encodeMessage(message: ParentMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/**
 * Decodes messages that arrive in pieces.
 *
 * @param tell called with each message
 * @returns a function to call with each piece
 */
export function messageReader(tell: (message: ParentMessage) => void): (piece: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (piece) => {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) tell(JSON.parse(line));
  };
}

/** Calls `tell` with each message of the parent. */
export function onParentMessage(tell: (message: ParentMessage) => void): void {
  process.stdin.on("data", messageReader(tell));
}
