/**
 * What a worker and its parent say to each other of what came to pass.
 *
 * @module
 */

import type { ProcessReport } from "../observe/process_report.ts";

/** What the parent says. */
export type ReportQuestion =
  /** Tell now. */
  | { readonly type: "report-please" }
  /** The last report was heard: go. */
  | { readonly type: "report-heard" };

/** What a worker says, now and then, when it is asked, and before it ends. */
export interface ReportMessage {
  readonly type: "report";
  /** What came to pass since the report before. */
  readonly report: ProcessReport;
  /** Whether it answers a question, and whether it is the last one. */
  readonly why: "time" | "asked" | "end";
}
