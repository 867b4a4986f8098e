/**
 * A filter's answer, as the MTA side sees it.
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
  /** The requested changes, at end of message. */
  readonly modifications: readonly Modification[];
}
