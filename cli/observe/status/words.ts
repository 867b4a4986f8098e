/**
 * The words for outcomes and problems on the page.
 *
 * @module
 */

import type { Outcome } from "../mail_counts.ts";

/** The words for outcomes. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  accept: "accepted",
  reject: "rejected",
  tempfail: "deferred",
  discard: "discarded",
  abort: "aborted",
};

/** Events of the server that mean trouble, with their descriptions in singular and plural. */
export const TROUBLES: readonly (readonly [type: string, one: string, many: string])[] = [
  ["accept-failed", "connection could not be accepted", "connections could not be accepted"],
  [
    "protocol-error",
    "connection did not speak the milter protocol",
    "connections did not speak the milter protocol",
  ],
  [
    "internal-error",
    "connection ended by a bug in Milterkit",
    "connections ended by a bug in Milterkit",
  ],
  [
    "spool-failed",
    "message deferred because its body could not be read back",
    "messages deferred because their bodies could not be read back",
  ],
];
