/**
 * The report of one process: what happened since its previous report, and the resources that it uses.
 *
 * @module
 */

import type { NotedUse } from "../../lib/kit/limit_uses.ts";
import type { MetricFamily } from "../../lib/kit/metrics.ts";
import type { DnsCounts } from "./dns_counts.ts";
import type { MailLogReport } from "./mail_log/mail_log.ts";
import type { MailCounts } from "./mail_counts.ts";
import type { StateCounts } from "./state_counts.ts";

/** The resources that a process uses. */
export interface ProcessFigures {
  /** Resident memory in bytes, including shared memory. */
  readonly resident: number;
  /** Memory of JavaScript objects, in bytes. */
  readonly heap: number;
  /** The number of open descriptors; undefined on systems without /proc. */
  readonly descriptors: number | undefined;
}

/** A report. */
export interface ProcessReport {
  /** Counts of mail. */
  readonly mail: MailCounts;
  /** Counts of DNS lookups. */
  readonly dns: DnsCounts;
  /** Counts of calls that its filters made of their state. */
  readonly state: StateCounts;
  /** What its filters have counted themselves; left out if nothing. */
  readonly custom?: readonly MetricFamily[];
  /** Who has used much of a limit; left out if nobody. */
  readonly limits?: readonly NotedUse[];
  /** Messages and lines of the log; left out if there are none. */
  readonly mailLog?: MailLogReport;
  /** The processor time that it used, in seconds. */
  readonly processor: number;
  /** Its resources; only on request, since collecting them takes time. */
  readonly figures?: ProcessFigures;
}
