/**
 * What one process tells of itself: what came to pass since it was last asked, and what it holds now.
 *
 * @module
 */

import type { DnsCounts } from "./dns_counts.ts";
import type { MailCounts } from "./mail_counts.ts";

/** What a process holds now. */
export interface ProcessFigures {
  /** Bytes of memory that are its own or shared with others. */
  readonly resident: number;
  /** Bytes of JavaScript objects. */
  readonly heap: number;
  /** Open descriptors; undefined where the system does not tell. */
  readonly descriptors: number | undefined;
}

/** What a process tells. */
export interface ProcessReport {
  /** What its server did. */
  readonly mail: MailCounts;
  /** What it asked name servers. */
  readonly dns: DnsCounts;
  /** The processor time that it took, in seconds. */
  readonly processor: number;
  /** What it holds; only where that was asked for, since it takes a look around. */
  readonly figures?: ProcessFigures;
}
