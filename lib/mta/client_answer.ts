/**
 * What a filter answers, as the MTA's side sees it.
 *
 * @module
 */

import type { Modification } from "../protocol/mta_session.ts";
import type { SmtpReply } from "../protocol/reply.ts";

/** A filter's answer to an event. */
export interface ClientAnswer {
  /** The verdict; `continue` too where the filter answers nothing there. */
  readonly verdict:
    | "continue"
    | "accept"
    | "reject"
    | "tempfail"
    | "discard"
    | "skip"
    | "reply"
    | "connection-fail"
    | "shutdown";
  /** The SMTP reply, for `reply`. */
  readonly reply?: SmtpReply;
  /** What is to be changed, at end of message. */
  readonly modifications: readonly Modification[];
}
