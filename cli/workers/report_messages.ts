/**
 * What a worker and its parent say to each other of what came to pass.
 *
 * Questions go over the worker's standard input. The channel that hands sockets over cannot take them: on Deno a socket
 * is lost if another message stands before its own when both are read.
 *
 * @module
 */

import type { ProcessReport } from "../observe/process_report.ts";

/** What the parent says, a character each, so that none can come in two parts. */
export const ReportQuestion = {
  /** Tell now. */
  TELL: "?",
  /** The last report was heard: go. */
  HEARD: "!",
  /** Say that you are alive. */
  ALIVE: ".",
} as const;

/** What a worker says, now and then, when it is asked, and before it ends. */
export interface ReportMessage {
  readonly type: "report";
  /** What came to pass since the report before. */
  readonly report: ProcessReport;
  /** Whether it answers a question, and whether it is the last one. */
  readonly why: "time" | "asked" | "end";
}
