/**
 * Decides what happens to a recipient, from the result of SPF.
 *
 * @module
 */
import type { SpfResult } from "../../lib/auth/spf/results.ts";
import type { Action, RefusalReply } from "./actions.ts";

/** What to do about results of SPF. */
export interface SpfActions {
  /** With a `fail`. */
  readonly fail: Extract<Action, "accept" | "reject" | "tempfail">;
  /** With a `temperror`, and a `permerror`. */
  readonly error: Extract<Action, "accept" | "reject" | "tempfail">;
}

/** What to do about one result, and how to say so; undefined to go on. */
export function spfRefusal(
  { result, domain, reason, explanation }: SpfResult,
  actions: SpfActions,
): RefusalReply & { readonly action: "reject" | "tempfail" } | undefined {
  const whose = domain ?? "the sender";
  if (result === "fail") {
    if (actions.fail === "accept") return undefined;
    const why = explanation === undefined ? reason : `${reason}; ${whose} explains: ${explanation}`;
    // RFC 7372 section 3.2.
    return { action: actions.fail, subject: "7.23", text: `SPF of ${whose} fails: ${why}` };
  }
  if (result !== "temperror" && result !== "permerror") return undefined;
  if (actions.error === "accept") return undefined;
  // A later attempt may succeed, whatever was asked for.
  const action = result === "temperror" ? "tempfail" : actions.error;
  return { action, subject: "7.24", text: `SPF of ${whose} cannot be checked: ${reason}` };
}
