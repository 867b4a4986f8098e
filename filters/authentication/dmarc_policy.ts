/**
 * Decides what happens to a message, from the result of DMARC.
 *
 * @module
 */
import type { DmarcPolicy } from "../../lib/auth/dmarc/record.ts";
import type { DmarcResult } from "../../lib/auth/dmarc/results.ts";
import type { RefusalReply } from "./actions.ts";

/** What to do about results of DMARC. */
export interface DmarcActions {
  /**
   * With a `fail`: nothing, what the policy asks for, or at most or at least that. Nothing is done where the policy asks for
   * nothing (`p=none`), as RFC 9989 section 5.4 requires.
   */
  readonly fail: "accept" | "policy" | "quarantine" | "reject";
  /** With a `temperror`. */
  readonly error: "accept" | "tempfail";
  /**
   * With a `permerror`: From is missing, occurs twice, cannot be read, or names too many domains. No domain's policy covers
   * that, and mail programs may show any of the names.
   */
  readonly from: "accept" | "quarantine" | "reject";
}

/** What to do with a message. */
export type Disposition = RefusalReply & { readonly action: "quarantine" | "reject" | "tempfail" };

/** What to do about a result; undefined to go on. */
export function dmarcDisposition(result: DmarcResult, actions: DmarcActions): Disposition | undefined {
  const { authorDomain = "the author" } = result;
  if (result.result === "temperror" && actions.error === "tempfail") {
    // RFC 9989 section 5.4.
    return {
      action: "tempfail",
      subject: "7.5",
      text: `DMARC of ${authorDomain} cannot be checked: ${result.reason}`,
    };
  }
  if (result.result === "permerror" && actions.from !== "accept") {
    const text = `The message does not say with certainty who wrote it: ${result.reason}`;
    return { action: actions.from, subject: "7.1", text };
  }
  if (result.result !== "fail" || actions.fail === "accept") return undefined;
  const action = actionFor(result.policy, actions.fail);
  return action && {
    action,
    subject: "7.1",
    text: `Not accepted by the DMARC policy of ${authorDomain}: neither SPF nor DKIM passes for it`,
  };
}

function actionFor(
  policy: DmarcPolicy | undefined,
  wanted: "policy" | "quarantine" | "reject",
): "quarantine" | "reject" | undefined {
  if (policy === undefined || policy === "none") return undefined;
  return wanted === "policy" ? policy : wanted;
}

/** What the field says was done: `policy.dmarc` and `d=`. */
export function dispositionShown(disposition: Disposition | undefined): DmarcPolicy {
  return disposition?.action === "reject" || disposition?.action === "quarantine"
    ? disposition.action
    : "none";
}
