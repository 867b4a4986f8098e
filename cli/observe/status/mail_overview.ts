/**
 * What the overview shows of the mail log.
 *
 * @module
 */

import type { LogLine, MailEntry, RefusalGroup } from "../mail_log/entry.ts";
import type { MailLog } from "../mail_log/mail_log.ts";

/** How much the overview shows of each. */
const MESSAGES = 10;
const GROUPS = 12;
const LINES = 6;

/** The newest of the mail log. */
export interface MailOverview {
  /** The time, in ISO 8601. */
  readonly time: string;
  /** The last messages, newest first. */
  readonly latest: readonly MailEntry[];
  /** Equal refusals of the period together, the largest group first. */
  readonly groups: readonly RefusalGroup[];
  /** Whether there are more groups. */
  readonly moreGroups: boolean;
  /** The last warnings and errors in the log, newest first. */
  readonly warnings: readonly LogLine[];
}

/**
 * Looks up what the overview shows.
 *
 * @param log the mail log
 * @param minutes how far to look back for refusals
 * @param now the time, in milliseconds since 1970
 * @returns undefined if no messages are kept
 */
export function mailOverview(
  log: MailLog,
  minutes: number,
  now: number = Date.now(),
): MailOverview | undefined {
  if (log.most === 0) return undefined;
  const groups = log.groups({ texts: {}, since: now - minutes * 60_000, limit: GROUPS + 1 });
  return {
    time: new Date(now).toISOString(),
    latest: log.search({ texts: {}, limit: MESSAGES }).found,
    groups: groups.slice(0, GROUPS),
    moreGroups: groups.length > GROUPS,
    warnings: log.lines({ texts: {}, levels: new Set(["warning", "error"]), limit: LINES }).found,
  };
}
