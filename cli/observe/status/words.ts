/**
 * What verdicts and outcomes are called on the page.
 *
 * @module
 */

import type { Outcome } from "./status_report.ts";

/** What became of a message, for people. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  accept: "accepted",
  reject: "rejected",
  tempfail: "deferred",
  discard: "discarded",
  abort: "aborted",
};

/** Events of the server that mean trouble, and how one of them and several are told. */
export const TROUBLES: readonly (readonly [type: string, one: string, many: string])[] = [
  ["accept-failed", "connection could not be taken", "connections could not be taken"],
  ["protocol-error", "connection did not speak the protocol", "connections did not speak the protocol"],
  [
    "internal-error",
    "connection ended by a mistake of Milterkit",
    "connections ended by a mistake of Milterkit",
  ],
  [
    "spool-failed",
    "message deferred since its body could not be kept",
    "messages deferred since their bodies could not be kept",
  ],
];
