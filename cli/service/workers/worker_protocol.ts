/**
 * What a worker and its parent say to each other, but for connections, see `lib/net/handover.ts`.
 *
 * @module
 */

import process from "node:process";
import type { ProcessReport } from "../../observe/process_report.ts";

/** What the parent says, over the worker's standard input, a line each. */
export type ParentMessage =
  /** No more connections will come; end when those that there are have ended, `timeout` milliseconds for idle ones. */
  | { readonly type: "stop"; readonly timeout: number }
  /** End at once. */
  | { readonly type: "abort" }
  /** Say that you are alive. */
  | { readonly type: "ask" }
  /** This connection is not for you, unless you took it. */
  | { readonly type: "withdraw"; readonly id: number }
  /** Tell what you counted. */
  | { readonly type: "report" }
  /** The last report was heard: go. */
  | { readonly type: "heard" };

/** What a worker says, now and then, when it is asked, and before it ends. */
export interface ReportMessage {
  readonly type: "report";
  /** What came to pass since the report before. */
  readonly report: ProcessReport;
  /** Whether it answers a question, and whether it is the last one. */
  readonly why: "time" | "asked" | "end";
}

/** A message as the parent writes it. */
export function encodeMessage(message: ParentMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/**
 * Takes messages out of what comes in pieces.
 *
 * @param tell called with each message
 * @returns to be given each piece
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

/** Has a worker told what its parent says. */
export function onParentMessage(tell: (message: ParentMessage) => void): void {
  process.stdin.on("data", messageReader(tell));
}
