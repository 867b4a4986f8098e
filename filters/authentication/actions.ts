/**
 * What can be done with a message that fails a check.
 *
 * @module
 */
import { discard, reject, tempfail, type Verdict } from "../../lib/filter/verdict.ts";

/** What can be done with a message. */
export type Action = "accept" | "reject" | "tempfail" | "discard" | "quarantine";

/** All actions, as options offer them. */
export const ACTIONS = [
  "accept",
  "reject",
  "tempfail",
  "discard",
  "quarantine",
] as const satisfies readonly Action[];

/** What is said to a sender whose message fails a check. */
export interface RefusalReply {
  /** The enhanced status code (RFC 3463) without its class, such as `7.20` of RFC 7372. */
  readonly subject: `${number}.${number}`;
  /** One line. From the message and from DNS it contains at most domain names. */
  readonly text: string;
}

/**
 * The maximum number of characters of a text: with its codes, the reply fits a line of SMTP (RFC 5321 section
 * 4.5.3.1.5). The domain names and the explanation of SPF in it may be longer.
 */
const MAX_TEXT = 480;

/** A text that any MTA takes. */
export function fittingText(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]+/g, " ");
  return plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT - 3)}...` : plain;
}

/** The verdict of an action; undefined for accept. */
export function verdictOfAction(
  action: Exclude<Action, "quarantine">,
  { subject, text: whole }: RefusalReply,
): Verdict<"reject" | "tempfail" | "discard"> | undefined {
  const text = fittingText(whole);
  switch (action) {
    case "accept":
      return undefined;
    case "reject":
      return reject(550, `5.${subject}` as `5.${number}.${number}`, text);
    case "tempfail":
      return tempfail(451, `4.${subject}` as `4.${number}.${number}`, text);
    case "discard":
      return discard();
  }
}
